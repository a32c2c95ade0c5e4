import type { CodeArchive, Manifest } from '../../contract/manifest.js';
import { ShipEnvError } from '../../errors.js';
import type { Target } from '../../targets/target.js';
import { deploymentOf, type Deployment } from './deployment.js';

/** Spark properties in the order in which a person reads them. */
export type SparkConf = [key: string, value: string][];

/**
 * The module of the artifact that Spark runs as the daemon of its Python workers. Where a node can keep the environment, the
 * start of the artifact does what it does; it is needed where the artifact boots as an ordinary PEX, for SHIP_ENV_PRELOAD,
 * and to know a session that the cell built (live-update-program.ts).
 */
export const DAEMON_MODULE = 'ship_env_runtime';

/** How a Spark property for a list of files is called; on YARN its own one, which its node cache knows about. */
const FILES_KEY: Record<Deployment, string> = {
  'local-cluster': 'spark.files',
  standalone: 'spark.files',
  unnamed: 'spark.files',
  yarn: 'spark.yarn.dist.files'
};

/**
 * Of Spark standalone: meant to be shared by the executors of a node, the cache of fetched files is one of each executor's
 * own there, and nothing but a second copy of the artifact on its disk (docs/executors.md).
 */
const WITHOUT_FETCH_CACHE: SparkConf = [['spark.files.useFetchCache', 'false']];

/** Since Spark 4.2 every Python UDF goes through Arrow, which an environment without pyarrow cannot do. */
const WITHOUT_ARROW: SparkConf = [
  ['spark.sql.execution.pythonUDF.arrow.enabled', 'false'],
  ['spark.sql.execution.pythonUDTF.arrow.enabled', 'false']
];

/** Which python an executor starts: the artifact, by a path on the executor. */
export const PYTHON_KEY = 'spark.pyspark.python';

/**
 * Spark properties of a session whose executors run the artifact and the code archives.
 *
 * Where the artifact unpacks itself on a node is not among them: only its header, which runs there, can see whether a
 * folder is private to the executor's user (formats/pex/header.ts).
 *
 * @param of.pointer - name of the pointer file on the target, undefined when there is no code to point at
 * @param of.sharedArtifact - absolute path at which every executor sees the artifact; without one Spark copies it into
 *   the working directory of each
 * @param of.master - Spark master, empty to leave it out
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED, TARGET_URL_INVALID
 */
export function sparkConfig(of: {
  manifest: Manifest;
  code: readonly CodeArchive[];
  pointer: string | undefined;
  sharedArtifact?: string | undefined;
  target: Pick<Target, 'uri' | 'sparkProperties'>;
  master: string;
}): SparkConf {
  const deployment = deploymentOf(of.master);
  const archives = of.code.map(({ fileName }) => fileName).sort();
  const artifact = of.manifest.artifact.name;
  const files = [
    ...(of.sharedArtifact === undefined ? [artifact] : []),
    ...archives,
    ...(of.pointer === undefined ? [] : [of.pointer])
  ].map(name => requireListable(of.target.uri(name)));
  return [
    ...(of.master === '' ? [] : [['spark.master', of.master] satisfies SparkConf[number]]),
    ...(files.length === 0 ? [] : [[FILES_KEY[deployment], files.join(',')] satisfies SparkConf[number]]),
    ...(deployment === 'standalone' && files.length > 0 ? WITHOUT_FETCH_CACHE : []),
    [PYTHON_KEY, of.sharedArtifact ?? `./${artifact}`],
    ['spark.python.daemon.module', DAEMON_MODULE],
    ...(holds(of.manifest, 'pyarrow') ? [] : WITHOUT_ARROW),
    ...Object.entries(of.target.sparkProperties()).sort(([a], [b]) => (a < b ? -1 : 1))
  ];
}

/**
 * Can Spark be given this URI in a list of files? It splits the list at commas and expands wildcards, and no escape
 * survives: spark-submit decodes each URI and joins them anew (DependencyUtils.resolveGlobPaths).
 *
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function requireListable(uri: string): string {
  const found = /[,[\]{}*?\\]|%(?:2C|5B|5D|7B|7D|2A|3F|5C)/i.exec(uri);
  if (found === null) return uri;
  throw new ShipEnvError(
    'TARGET_URL_INVALID',
    `Spark was to be given the file ${uri}; it does not take "${decodeURIComponent(found[0])}" in the name of one.`,
    { hint: 'Choose a folder or prefix for the target without any of the characters , [ ] { } * ? \\' }
  );
}

function holds(manifest: Manifest, name: string): boolean {
  return manifest.segments.some(segment => segment.name.toLowerCase() === name);
}
