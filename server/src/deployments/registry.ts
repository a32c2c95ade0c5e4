import { ShipEnvError } from '../errors.js';
import type { SparkProperties } from '../spark/properties.js';
import { shown } from '../text/shown.js';
import { connect } from './connect/connect.js';
import type { Deployment } from './deployment.js';
import { findMaster } from './found-master.js';
import { kubernetes } from './kubernetes/kubernetes.js';
import { localCluster } from './local-cluster.js';
import { plain } from './plain/plain.js';
import { standalone } from './standalone.js';
import { unnamed } from './unnamed.js';
import { hintFor, withoutSecret } from './unsupported.js';
import { yarn } from './yarn/yarn.js';

/** All deployments. */
const DEPLOYMENTS: readonly Deployment[] = [unnamed, localCluster, standalone, yarn, kubernetes, connect, plain];

/** A Spark master that a deployment accepts. */
export interface Master {
  /** Without white space around it, and without secrets. Empty: the cell leaves `.master` out. */
  readonly master: string;
  readonly deployment: Deployment;
  /** Where a master comes from that no person wrote, as {@link FoundMaster.reason}. */
  readonly reason?: string | undefined;
}

/** The word that a person writes instead of a Spark master to have the master found. */
const AUTO = 'auto';

/**
 * The Spark master that a person wrote, or the one that is found where the person wrote `auto`.
 *
 * @param properties - of spark-defaults.conf
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED
 */
export async function resolveMaster(
  text: string,
  env: NodeJS.ProcessEnv,
  properties: SparkProperties
): Promise<Master> {
  if (text.trim() !== AUTO) return parseMaster(text);
  const { master, reason } = await findMaster(DEPLOYMENTS, env, properties);
  return { ...parseMaster(master, reason), reason };
}

/** A master that was accepted, as a person wrote it, without its secrets: `auto` stays `auto`. */
export function withoutSecrets(text: string): string {
  return text.trim() === AUTO ? AUTO : parseMaster(text).master;
}

/**
 * Parses a Spark master as a person wrote it; white space around it is ignored.
 *
 * @param reason - where a master comes from that no person wrote, as {@link FoundMaster.reason}
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED
 */
export function parseMaster(text: string, reason?: string): Master {
  const master = text.trim();
  const deployment = DEPLOYMENTS.find(each => each.accepts(master));
  if (deployment !== undefined) return { master: deployment.canonical?.(master) ?? master, deployment };
  throw new ShipEnvError(
    'CONFIG_MASTER_UNSUPPORTED',
    `"${shown(withoutSecret(master))}"${reason === undefined ? '' : `, ${reason},`} is not a Spark master that ship-env supports.`,
    { hint: hintFor(master) }
  );
}
