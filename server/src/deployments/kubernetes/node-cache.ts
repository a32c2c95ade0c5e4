import { ShipEnvError } from '../../errors.js';
import { shown } from '../../text/shown.js';
import type { SparkConf } from '../spark/config.js';

/** Where the volume is in the container. */
const MOUNT = '/ship-env-node';

/** The properties of the volume. `shipenv` is its name; more properties of the volume can be set under it. */
const VOLUME = 'spark.kubernetes.executor.volumes.hostPath.shipenv';

/**
 * Parses a node cache as a person wrote it: the absolute path of a folder of the nodes, or nothing.
 *
 * A volume that lives as long as its pod (`emptyDir`) is refused: a kubelet makes it writable for every user, and the
 * artifact does not run from such a folder.
 *
 * @throws ShipEnvError CONFIG_NODE_CACHE_INVALID
 */
export function parseNodeCache(text: string): string | undefined {
  const path = text.trim();
  if (path === '') return undefined;
  const parts = path.split('/');
  if (parts[0] === '' && parts.some(part => part !== '') && !parts.includes('..') && !/\p{Cc}/u.test(path)) return path;
  throw new ShipEnvError(
    'CONFIG_NODE_CACHE_INVALID',
    `The node cache must be the absolute path of a folder of the nodes; it is "${shown(path)}".`,
    {
      hint: 'Write the path of a folder that every node has, such as /var/cache/ship-env, or leave the node cache out.'
    }
  );
}

/**
 * The properties of executors that unpack in this folder of their node (a volume of kind `hostPath`), and the node root.
 * The node root is a folder below the mount, which an executor makes for itself: a folder of the node belongs to root.
 */
export function nodeCacheConf(path: string): SparkConf {
  return [
    [`${VOLUME}.mount.path`, MOUNT],
    [`${VOLUME}.options.path`, path],
    ['spark.executorEnv.SHIP_ENV_NODE_ROOT', `${MOUNT}/ship-env`]
  ];
}
