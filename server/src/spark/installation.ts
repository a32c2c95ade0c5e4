import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { orNothing } from '../system/files/nothing.js';

/** A Spark of this machine: the one that a session of the kernel starts. */
export interface SparkInstallation {
  /** The folder that Spark calls SPARK_HOME. */
  readonly home: string;
  /** `environment`: SPARK_HOME names it. `pyspark`: it is the package of the python. */
  readonly source: 'environment' | 'pyspark';
  /** Folder of Spark's jars. */
  readonly jars: string;
  /** Folder of spark-defaults.conf (SPARK_CONF_DIR). It need not exist. */
  readonly configuration: string;
  /** Version of Spark and of its Scala: `4.3.0`, `2.13`; undefined when the jars do not tell. */
  readonly version: string | undefined;
  readonly scala: string | undefined;
}

/** A python of this machine, and the variables that its sessions see. */
export interface SparkClient {
  /** Path of the interpreter in its environment, or the folder of the environment. */
  readonly python?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds the Spark that a session of the python starts, as pyspark finds it (`pyspark.find_spark_home`): SPARK_HOME, else
 * the package pyspark of the python. Runs nothing.
 *
 * @returns undefined when there is none
 */
export async function findSpark({ python, env }: SparkClient): Promise<SparkInstallation | undefined> {
  const named = env['SPARK_HOME'];
  const home = named || (python === undefined ? undefined : await packageOf(python));
  if (home === undefined) return undefined;
  const jars = join(home, 'jars');
  const core = (await namesIn(jars)).flatMap(name => /^spark-core_([\d.]+)-(.+)\.jar$/u.exec(name) ?? []);
  return {
    home,
    source: named ? 'environment' : 'pyspark',
    jars,
    configuration: env['SPARK_CONF_DIR'] || join(home, 'conf'),
    scala: core[1],
    version: core[2]
  };
}

/** The folder of the package pyspark, with jars: a pyspark-client has none. */
async function packageOf(python: string): Promise<string | undefined> {
  for (const prefix of [python, dirname(dirname(python))]) {
    for (const name of await namesIn(join(prefix, 'lib'))) {
      const folder = join(prefix, 'lib', name, 'site-packages', 'pyspark');
      if (/^python\d/u.test(name) && (await namesIn(join(folder, 'jars'))).length > 0) return folder;
    }
  }
  return undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await orNothing(readdir(folder))) ?? [];
}
