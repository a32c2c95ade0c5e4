import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { ShipEnvError } from '../errors.js';
import { findSpark, type SparkClient } from '../spark/installation.js';

/** A spark-submit of this machine. */
export interface SparkSubmit {
  /** Path of the program. */
  readonly program: string;
  /** SPARK_HOME. */
  readonly home: string;
}

/**
 * Finds the person's own spark-submit: of SPARK_HOME, else of the package pyspark of the python, else on the PATH.
 *
 * @throws ShipEnvError SPARK_MISSING
 */
export async function findSparkSubmit(client: SparkClient): Promise<SparkSubmit> {
  const spark = await findSpark(client);
  const program = spark && join(spark.home, 'bin', 'spark-submit');
  if (spark !== undefined && program !== undefined && (await isExecutable(program))) {
    return { program, home: spark.home };
  }
  if (spark?.source === 'environment') {
    throw new ShipEnvError(
      'SPARK_MISSING',
      `SPARK_HOME is ${spark.home}, where there is no program bin/spark-submit.`,
      {
        hint: 'Correct SPARK_HOME, or unset it.'
      }
    );
  }
  for (const folder of (client.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const found = join(folder, 'spark-submit');
    if (await isExecutable(found)) return { program: found, home: dirname(dirname(await realpath(found))) };
  }
  const { python } = client;
  throw new ShipEnvError(
    'SPARK_MISSING',
    `A job needs spark-submit; SPARK_HOME is not set, ${python === undefined ? '' : `the environment of ${python} has no pyspark, `}and the PATH has no spark-submit.`,
    { hint: "Set SPARK_HOME to the cluster's Spark, or install its version: pip install pyspark==<version>" }
  );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false
  );
}
