import * as z from 'zod';

/**
 * The environment variable that tells a program of `ship-env run` what it runs, as the JSON text of a
 * {@link currentShip}. `ship_env.current()` reads it (jupyterlab_ship_env/api/current.py).
 */
export const CURRENT_VARIABLE = 'SHIP_ENV_CURRENT';

/** What a program of `ship-env run` runs. No secret, and no credentials of the target. */
export const currentShip = z.object({
  /** The words of the command line that started the program: a path of Node.js, and of our bundle. */
  shipEnv: z.array(z.string()).min(1),
  /** The options that name what was shipped: `--target`, `--artifact`, and `--code` when code was shipped. */
  options: z.array(z.string())
});
export type CurrentShip = z.infer<typeof currentShip>;

/** Spark properties that list files or archives. */
export const LIST_PROPERTIES = [
  'spark.files',
  'spark.archives',
  'spark.yarn.dist.files',
  'spark.yarn.dist.archives'
] as const;

const OTHER_PROPERTIES = [
  'spark.master',
  'spark.files.useFetchCache',
  'spark.pyspark.python',
  'spark.python.daemon.module',
  'spark.sql.execution.pythonUDF.arrow.enabled',
  'spark.sql.execution.pythonUDTF.arrow.enabled',
  'spark.kubernetes.executor.useDriverPodIP',
  'spark.kubernetes.executor.volumes.hostPath.shipenv.mount.path',
  'spark.kubernetes.executor.volumes.hostPath.shipenv.options.path',
  'spark.executorEnv.SHIP_ENV_NODE_ROOT'
];
/** What an S3 target sets for its bucket. A person may set a key of the same bucket, which is a secret. */
const BUCKET_PROPERTIES = [
  'endpoint',
  'endpoint.region',
  'path.style.access',
  'connection.ssl.enabled',
  'aws.credentials.provider',
  'auth.profile.name'
];

/**
 * A regular expression for JavaScript and Python: the names of the Spark properties that deployments set. By these
 * names a driver finds the properties of its environment among those of its session. None of them holds a secret.
 */
export const SESSION_PROPERTY = [
  ...[...LIST_PROPERTIES, ...OTHER_PROPERTIES].map(escaped),
  String.raw`spark\.hadoop\.fs\.s3a\.bucket\..+\.(?:${BUCKET_PROPERTIES.map(escaped).join('|')})`
].join('|');

function escaped(name: string): string {
  return name.replaceAll('.', String.raw`\.`);
}
