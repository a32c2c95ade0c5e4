import type { SparkProperties } from '../spark/properties.js';
import type { Deployment } from './deployment.js';

/** A Spark master that nobody named, and what it was found in. */
export interface FoundMaster {
  readonly master: string;
  /** The reason, as the end of a sentence that begins with the master. */
  readonly reason: string;
}

/** The master where nothing names another one: two executors on this machine. */
const FALLBACK_MASTER = 'local-cluster[2,1,1024]';

/**
 * Finds the Spark master that a session of this machine would use. The order is that of pyspark, which first looks at
 * SPARK_REMOTE and then at spark-defaults.conf; after that, each deployment looks at what this machine is configured for.
 * Asks no cluster.
 *
 * @param properties - of spark-defaults.conf
 */
export async function findMaster(
  deployments: readonly Pick<Deployment, 'configuredHere'>[],
  env: NodeJS.ProcessEnv,
  properties: SparkProperties
): Promise<FoundMaster> {
  const remote = env['SPARK_REMOTE']?.trim();
  if (remote) return { master: remote, reason: 'which SPARK_REMOTE names' };
  for (const key of ['spark.remote', 'spark.master']) {
    const master = properties[key];
    if (master) return { master, reason: `which ${key} in spark-defaults.conf names` };
  }
  for (const { configuredHere } of deployments) {
    const found = await configuredHere?.(env);
    if (found !== undefined) return found;
  }
  return { master: FALLBACK_MASTER, reason: 'since nothing names another Spark master' };
}
