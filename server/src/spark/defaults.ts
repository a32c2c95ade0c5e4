import { findSpark, type SparkClient, type SparkInstallation } from './installation.js';
import { defaultProperties, type SparkProperties } from './properties.js';

/** What a session of this machine starts with. */
export interface SparkDefaults {
  /** Undefined when this machine has no Spark that we can find. */
  readonly installation: SparkInstallation | undefined;
  readonly properties: SparkProperties;
}

/** No Spark. */
export const NO_SPARK: SparkDefaults = { installation: undefined, properties: {} };

/**
 * Finds the Spark of this machine and reads its properties. Runs nothing.
 *
 * @throws ShipEnvError SPARK_DEFAULTS_UNREADABLE
 */
export async function sparkDefaults(client: SparkClient): Promise<SparkDefaults> {
  const installation = await findSpark(client);
  return { installation, properties: await defaultProperties(installation) };
}
