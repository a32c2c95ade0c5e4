import type { Manifest } from '../contract/manifest.js';
import type { ShipRequest, ShipResult } from '../contract/ship.js';
import { cellSource, codePointerFile, deploymentOf, liveUpdate, sparkConfig } from '../deployments/spark/index.js';
import type { Target } from '../targets/target.js';
import type { ArchivedCode } from './prepare.js';

/** What a notebook, a submit script or a running session needs of a ship. */
export type Configured = Pick<ShipResult, 'conf' | 'cell' | 'live'>;

/**
 * Spark properties, cell text and live update of an environment on a target.
 *
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED, TARGET_DENIED, TARGET_FAILED
 */
export async function configure(
  of: { manifest: Manifest; code: readonly ArchivedCode[]; target: Target },
  { master, target: { shared } }: Pick<ShipRequest, 'master' | 'target'>
): Promise<Configured> {
  const code = of.code.map(({ archive }) => archive);
  const pointer = code.length === 0 ? undefined : codePointerFile(code).name;
  // The executors of a local cluster are processes of this machine: they see what it sees.
  const isSeen = shared || deploymentOf(master) === 'local-cluster';
  const sharedArtifact = isSeen ? await of.target.executablePath(of.manifest.artifact.name) : undefined;
  const conf = sparkConfig({ manifest: of.manifest, code, pointer, sharedArtifact, target: of.target, master });
  return {
    conf: Object.fromEntries(conf),
    cell: cellSource({ manifest: of.manifest, code, conf, master }),
    live: liveUpdate({ manifest: of.manifest, code, target: of.target })
  };
}
