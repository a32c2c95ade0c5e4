import type { DeployMode } from '../../../../src/contract/options.js';
import type { CodeArchive, Manifest } from '../../../../src/contract/manifest.js';
import type { Outputs, Shipped } from '../../../../src/deployments/deployment.js';
import { parseMaster } from '../../../../src/deployments/registry.js';
import type { SparkConf } from '../../../../src/deployments/spark/config.js';
import { formatOf } from '../../../../src/formats/registry.js';
import type { SparkProperties } from '../../../../src/spark/properties.js';
import type { Access } from '../../../../src/targets/target.js';

/** What a ship put on a target, as the input of a deployment. */
export function shippedOf(of: {
  manifest: Manifest;
  code: readonly CodeArchive[];
  pointer?: string | undefined;
}): Shipped {
  const format = formatOf(of.manifest.format);
  return { ...of, pointer: of.pointer, runs: format.runs, files: format.files(of.manifest) };
}

/** The outputs of the deployment of a master for a ship. */
export function outputsOf(of: {
  manifest: Manifest;
  code: readonly CodeArchive[];
  pointer: string | undefined;
  /** The path at which every executor sees the artifact. */
  sharedArtifact?: string;
  target: Pick<Access, 'uri' | 'sparkProperties'>;
  master: string;
  /** The properties of spark-defaults.conf. */
  defaults?: SparkProperties;
  nodeCache?: string;
  deployMode?: DeployMode;
}): Promise<Outputs> {
  const { sharedArtifact, target, master, deployMode = 'client', defaults = {}, nodeCache = '' } = of;
  const access = { ...target, executablePath: () => Promise.resolve(sharedArtifact) };
  return parseMaster(master).deployment.arrange(shippedOf(of), access, {
    master,
    deployMode,
    shared: sharedArtifact !== undefined,
    target: 'file:///target',
    defaults,
    nodeCache
  });
}

/** Its Spark properties, in their order. */
export async function sparkConfOf(of: Parameters<typeof outputsOf>[0]): Promise<SparkConf> {
  return Object.entries((await outputsOf(of)).conf ?? {});
}
