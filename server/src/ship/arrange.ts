import type { ArchivedEditable } from '../content/code/archive.js';
import { pointerPayload } from '../content/code/pointer-file.js';
import type { CodeArchive, Manifest } from '../contract/manifest.js';
import type { ShipRequest, ShipResult } from '../contract/ship.js';
import type { Outputs, Shipped } from '../deployments/deployment.js';
import { plain } from '../deployments/plain/plain.js';
import { formatOf } from '../formats/registry.js';
import type { Access } from '../targets/target.js';
import type { Accepted } from './accept.js';

/** The outputs in the form of the contract: what a deployment does not set is empty there. */
export function wireOutputs({
  conf,
  cell,
  live,
  command = []
}: Outputs): Pick<ShipResult, 'conf' | 'cell' | 'live'> & { command: string[] } {
  return { conf: { ...conf }, cell: cell ?? '', live, command: [...command] };
}

/** What a ship put on a target, with how its format runs it. */
export function shippedAs(manifest: Manifest, code: readonly CodeArchive[], pointer: string | undefined): Shipped {
  const format = formatOf(manifest.format);
  return { manifest, runs: format.runs, files: format.files(manifest), code, pointer };
}

/** What a ship of this environment and this code puts on a target. */
export function asShipped(of: { readonly manifest: Manifest; readonly code: readonly ArchivedEditable[] }): Shipped {
  const code = of.code.map(({ archive }) => archive);
  return shippedAs(of.manifest, code, pointerPayload(code)?.name);
}

/**
 * Makes what a notebook, a submit script or a running session needs to use an environment on a target, and the command
 * that runs the environment without Spark.
 *
 * @throws ShipEnvError TARGET_DENIED, TARGET_FAILED, TARGET_URL_INVALID
 */
export async function arrange(
  shipped: Shipped,
  access: Access,
  { request, deployment, spark }: Pick<Accepted<Omit<ShipRequest, 'python'>>, 'request' | 'deployment' | 'spark'>
): Promise<Outputs> {
  const { target } = request;
  const options = {
    master: request.master,
    deployMode: request.deployMode,
    shared: 'shared' in target && target.shared === true,
    target: target.name || target.url,
    defaults: spark.properties,
    nodeCache: request.nodeCache
  };
  const { command = [] } = await plain.arrange(shipped, access, options);
  return { command, ...(await deployment.arrange(shipped, access, options)) };
}
