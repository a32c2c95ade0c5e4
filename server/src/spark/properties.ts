import { join } from 'node:path';
import { parse } from 'dot-properties';
import { isSystemError, ShipEnvError } from '../errors.js';
import { FILE_KINDS, readBounded } from '../system/files/read.js';
import { orNothing } from '../system/files/nothing.js';
import type { SparkInstallation } from './installation.js';

/** Spark properties by their names. */
export type SparkProperties = Readonly<Record<string, string>>;

/**
 * The properties of spark-defaults.conf: what every session of this Spark has, unless its builder says otherwise. Empty
 * when there is no such file.
 *
 * @throws ShipEnvError SPARK_DEFAULTS_UNREADABLE
 */
export async function defaultProperties(
  installation: Pick<SparkInstallation, 'configuration'> | undefined
): Promise<SparkProperties> {
  if (installation === undefined) return {};
  const file = join(installation.configuration, 'spark-defaults.conf');
  try {
    const content = await orNothing(readBounded(file, FILE_KINDS.sparkDefaults));
    return content === undefined ? {} : parseProperties(content.toString('utf8'));
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    const { code, hint } = FILE_KINDS.sparkDefaults;
    throw new ShipEnvError(code, `${file} cannot be read: ${cause.message}.`, { hint, cause });
  }
}

/**
 * Parses a properties file as Spark does (`Utils.getPropertiesFromFile`: java.util.Properties, then values without white
 * space around them).
 */
export function parseProperties(text: string): SparkProperties {
  const pairs = Object.entries(parse(text) as Record<string, string>);
  return Object.fromEntries(pairs.map(([key, value]) => [key, value.trim()]));
}

/**
 * The items of a Spark property that is a list, such as `spark.files`. Spark ignores empty items.
 */
export function itemsOf(properties: SparkProperties, key: string): string[] {
  return (properties[key] ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');
}
