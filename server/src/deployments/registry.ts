import { ShipEnvError } from '../errors.js';
import { shown } from '../text/shown.js';
import type { Deployment } from './deployment.js';
import { localCluster } from './local-cluster.js';
import { plain } from './plain/plain.js';
import { standalone } from './standalone.js';
import { unnamed } from './unnamed.js';
import { hintFor, withoutSecret } from './unsupported.js';
import { yarn } from './yarn/yarn.js';

/** All deployments. */
const DEPLOYMENTS: readonly Deployment[] = [unnamed, localCluster, standalone, yarn, plain];

/** A Spark master that a deployment accepts. */
export interface Master {
  /** Without white space around it. Empty: the cell leaves `.master` out. */
  readonly master: string;
  readonly deployment: Deployment;
}

/**
 * Parses a Spark master as a person wrote it; white space around it is ignored.
 *
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED
 */
export function parseMaster(text: string): Master {
  const master = text.trim();
  const deployment = DEPLOYMENTS.find(each => each.accepts(master));
  if (deployment !== undefined) return { master, deployment };
  throw new ShipEnvError(
    'CONFIG_MASTER_UNSUPPORTED',
    `"${shown(withoutSecret(master))}" is not a Spark master that ship-env supports.`,
    { hint: hintFor(master) }
  );
}
