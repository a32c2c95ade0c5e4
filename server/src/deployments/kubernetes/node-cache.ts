import { ShipEnvError } from '../../errors.js';
import { shown } from '../../text/shown.js';
import type { SparkConf } from '../spark/config.js';

/** The volume of Kubernetes on which executors unpack: a folder of the node, or a folder that lives as long as the pod. */
export type NodeCache = { readonly kind: 'hostPath'; readonly path: string } | { readonly kind: 'emptyDir' };

/**
 * Where the volume is in the container. A kernel keeps the properties of its first session (PySpark hands them to
 * spark-submit), and Spark refuses two volumes at one path: so each kind has its own path.
 */
const MOUNTS = { hostPath: '/ship-env-node', emptyDir: '/ship-env-pod' } as const;

/** The volume's name in Spark's properties. More properties of the volume can be set under it. */
const VOLUME = 'shipenv';

/**
 * Parses a node cache as a person wrote it: `emptyDir`, the absolute path of a folder of the nodes, or nothing.
 *
 * @throws ShipEnvError CONFIG_NODE_CACHE_INVALID
 */
export function parseNodeCache(text: string): NodeCache | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (trimmed === 'emptyDir') return { kind: 'emptyDir' };
  const parts = trimmed.split('/');
  if (parts[0] === '' && parts.some(part => part !== '') && !parts.includes('..') && !/\p{Cc}/u.test(trimmed)) {
    return { kind: 'hostPath', path: trimmed };
  }
  throw new ShipEnvError(
    'CONFIG_NODE_CACHE_INVALID',
    `The node cache must be a folder of the nodes or emptyDir; it is "${shown(trimmed)}".`,
    { hint: 'Write the absolute path of a folder that every node has, such as /var/cache/ship-env, or emptyDir.' }
  );
}

/**
 * The properties of executors that unpack on this volume: `spark.kubernetes.executor.volumes.…`, and the node root. The
 * node root is a folder below the mount, which an executor makes for itself: a folder of the node belongs to root.
 */
export function nodeCacheConf(cache: NodeCache): SparkConf {
  const volume = `spark.kubernetes.executor.volumes.${cache.kind}.${VOLUME}`;
  return [
    [`${volume}.mount.path`, MOUNTS[cache.kind]],
    ...(cache.kind === 'hostPath' ? [[`${volume}.options.path`, cache.path] satisfies SparkConf[number]] : []),
    ['spark.executorEnv.SHIP_ENV_NODE_ROOT', `${MOUNTS[cache.kind]}/ship-env`]
  ];
}
