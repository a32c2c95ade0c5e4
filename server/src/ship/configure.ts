import type { Manifest } from '../contract/manifest.js';
import type { ShipResult } from '../contract/ship.js';
import { cellSource, codePointerFile, liveUpdate, sparkConfig } from '../spark/index.js';
import type { Target } from '../targets/target.js';
import type { ArchivedCode } from './prepare.js';

/** What a notebook, a submit script or a running session needs of a ship. */
export type Configured = Pick<ShipResult, 'conf' | 'cell' | 'live'>;

/**
 * Spark properties, cell text and live update of an environment on a target. Pure.
 *
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED
 */
export function configure(of: {
  manifest: Manifest;
  code: readonly ArchivedCode[];
  target: Target;
  master: string;
}): Configured {
  const code = of.code.map(({ archive }) => archive);
  const pointer = code.length === 0 ? undefined : codePointerFile(code).name;
  const conf = sparkConfig({ manifest: of.manifest, code, pointer, target: of.target, master: of.master });
  return {
    conf: Object.fromEntries(conf),
    cell: cellSource({ manifest: of.manifest, code, conf, master: of.master }),
    live: liveUpdate({ manifest: of.manifest, code, target: of.target })
  };
}
