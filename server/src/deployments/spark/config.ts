import type { Manifest } from '../../contract/manifest.js';
import { ShipEnvError } from '../../errors.js';
import { itemsOf, type SparkProperties } from '../../spark/properties.js';
import type { Access } from '../../targets/target.js';
import { DRIVER_FILES } from '../../content/code/code-path.js';
import type { Shipped } from '../deployment.js';
import type { ClusterMode } from './cluster-mode.js';

/** Spark properties in the order in which a person reads them. */
export type SparkConf = [key: string, value: string][];

/**
 * The module of the artifact that Spark runs as the daemon of its Python workers. Where a node can keep the
 * environment, the start of the artifact already does the work of this module. Three cases need the module: an artifact
 * that boots in another way, SHIP_ENV_PRELOAD, and the check that the cell built a session (live-update-program.ts).
 */
export const DAEMON_MODULE = 'ship_env_runtime';

/** Since Spark 4.2 every Python UDF uses Arrow, which needs pyarrow in the environment. */
const WITHOUT_ARROW: SparkConf = [
  ['spark.sql.execution.pythonUDF.arrow.enabled', 'false'],
  ['spark.sql.execution.pythonUDTF.arrow.enabled', 'false']
];

/** The python that an executor starts: a path on the executor. */
export const PYTHON_KEY = 'spark.pyspark.python';
/** The python that a driver starts, which is {@link PYTHON_KEY} otherwise. */
export const DRIVER_PYTHON_KEY = 'spark.pyspark.driver.python';

/**
 * Spark properties of a session whose executors run the artifact and the code archives. Pure.
 *
 * No property says where an artifact unpacks on a node: only the artifact's header, which runs there, can see whether a
 * folder is private to the executor's user.
 *
 * @param of.sharedArtifact - absolute path at which every executor finds an executable artifact; when it is undefined,
 *   Spark copies the artifact into the working directory of each executor
 * @param of.master - Spark master, empty to leave it out
 * @param of.defaults - properties of every session; a property of ours that is a list begins with their items
 * @param of.driver - how the cluster runs the driver; undefined when the driver runs where the job is submitted
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function sparkConfig(of: {
  shipped: Shipped;
  access: Pick<Access, 'uri' | 'sparkProperties'>;
  sharedArtifact?: string | undefined;
  master: string;
  filesKey: string;
  archivesKey: string;
  withFiles: SparkConf;
  defaults: SparkProperties;
  driver?: ClusterMode | undefined;
}): SparkConf {
  const { manifest, runs, code, pointer } = of.shipped;
  const uriOf = (name: string): string => requireListable(of.access.uri(name));
  const archive = runs.kind === 'archive' ? `${uriOf(manifest.artifact.name)}#${runs.alias}` : undefined;
  const own = of.sharedArtifact === undefined ? of.shipped.files.map(({ name }) => name) : [];
  const files = [
    ...own.filter(name => archive === undefined || name !== manifest.artifact.name),
    ...code.map(({ fileName }) => fileName).sort(),
    ...(pointer === undefined ? [] : [pointer])
  ].map(uriOf);
  /** Spark replaces a list of spark-defaults.conf by the list of the session, so this list repeats the other one. */
  const listed = (key: string, items: readonly string[]): SparkConf =>
    items.length === 0 ? [] : [[key, [...new Set([...keptItems(of.defaults, key), ...items])].join(',')]];
  const python = of.sharedArtifact ?? pythonInFolder(of.shipped);
  return [
    ...(of.master === '' ? [] : [['spark.master', of.master] satisfies SparkConf[number]]),
    ...listed(of.archivesKey, archive === undefined ? [] : [archive]),
    ...listed(of.filesKey, files),
    ...(files.length === 0 ? [] : of.withFiles),
    [PYTHON_KEY, python],
    ...(of.driver === undefined ? [] : driverConf(of.driver, python)),
    ['spark.python.daemon.module', DAEMON_MODULE],
    ...withoutArrow(manifest),
    ...Object.entries(of.access.sparkProperties()).sort(([a], [b]) => (a < b ? -1 : 1))
  ];
}

/**
 * The properties of a driver that runs on a node. Its container has the files of the list, as the containers of
 * executors have, so the driver starts the same python, which finds its code in the working directory.
 */
function driverConf({ driverEnv }: ClusterMode, python: string): SparkConf {
  return [
    ['spark.submit.deployMode', 'cluster'],
    [DRIVER_PYTHON_KEY, python],
    [driverEnv(DRIVER_FILES), '.']
  ];
}

/**
 * Checks that Spark takes this URI in a list of files. Spark splits the list at commas and expands wildcards. Escapes
 * do not help: spark-submit decodes each URI and joins the list anew (DependencyUtils.resolveGlobPaths).
 *
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function requireListable(uri: string): string {
  const found = /[,[\]{}*?\\]|%(?:2C|5B|5D|7B|7D|2A|3F|5C)/i.exec(uri);
  if (found === null) return uri;
  throw new ShipEnvError(
    'TARGET_URL_INVALID',
    `Spark does not take the file ${uri}, since its name holds "${decodeURIComponent(found[0])}".`,
    { hint: 'Choose a folder or prefix for the target without any of the characters , [ ] { } * ? \\' }
  );
}

/**
 * The items of a list in spark-defaults.conf that a list of ours repeats. A URI with a user or a password is left out: a
 * cell holds no secret.
 */
export function keptItems(defaults: SparkProperties, key: string): string[] {
  return itemsOf(defaults, key).filter(item => !holdsSecret(item));
}

/** Does the URI have a user or a password, or a query with a value, as a presigned URL has? */
export function holdsSecret(uri: string): boolean {
  return /^[a-z\d+.-]+:\/\/(?:[^/?#]*@|.*\?.*=)/iu.test(uri);
}

/** The path of the python in the working directory of an executor. */
export function pythonInFolder({ runs, manifest }: Shipped): string {
  switch (runs.kind) {
    case 'executable':
      return `./${manifest.artifact.name}`;
    case 'archive':
      return `./${runs.alias}/${runs.python}`;
    case 'recipe':
      return `./${runs.script}`;
  }
}

/** Properties that an environment without pyarrow needs; none for an environment that has it. */
export function withoutArrow({ segments }: Manifest): SparkConf {
  return segments.some(({ name }) => name.toLowerCase() === 'pyarrow') ? [] : WITHOUT_ARROW;
}
