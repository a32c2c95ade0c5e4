import type { CodeArchive, Manifest } from '../../contract/manifest.js';
import { CELL_MARK, contentsComment } from '../spark/cell.js';
import { pythonComment, pythonLiteral } from '../spark/python-text.js';
import { hidesSecrets } from './address.js';
import { FUNCTION, IMPORTS, sessionFunction, type SessionPlan } from './session-function.js';

/** Where the cell finds the address of a server whose parameters it must not hold. pyspark reads the variable, too. */
const REMOTE_VARIABLE = 'SPARK_REMOTE';

/**
 * Source of the notebook cell for Spark Connect: plain PySpark. The files of a session can be added only while it
 * runs, so the cell makes `spark`, besides `builder`. It may run again at any time: then it gives the session what it
 * lacks, or makes a new session after `spark.stop()`.
 *
 * @param address - as `withoutSecrets` gives it
 */
export function connectCell(
  address: string,
  plan: SessionPlan,
  { manifest, code }: { manifest: Manifest; code: readonly CodeArchive[] }
): string {
  return [
    pythonComment(
      `${CELL_MARK.slice(2)} the executors run this kernel's packages and code. The next ship rewrites this cell.`
    ),
    contentsComment(manifest, code),
    '# Now: spark is a session of the Spark Connect server. After spark.stop(), run this cell again.',
    ...IMPORTS,
    '',
    'from pyspark.sql import SparkSession',
    '',
    ...builder(address),
    'spark = builder.getOrCreate()',
    '',
    '',
    sessionFunction(plan),
    '',
    '',
    `_ = ${FUNCTION}(spark)`
  ].join('\n');
}

function builder(address: string): string[] {
  if (!hidesSecrets(address)) return [`builder = SparkSession.builder.remote(${pythonLiteral(address)})`];
  return [
    pythonComment(`The environment variable ${REMOTE_VARIABLE} has the whole address: ${address}`),
    `builder = SparkSession.builder.remote(os.environ["${REMOTE_VARIABLE}"])`
  ];
}
