import { access, constants, readdir, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ShipEnvError, hasCode } from '../../errors.js';
import { findSpark } from '../../spark/installation.js';
import { isNothing } from '../../system/files/nothing.js';
import type { HelperCommand } from './helper.js';

/** What the search looks at. */
export interface ClientSearch {
  /** The scheme of the target's URL. */
  readonly scheme: string;
  /** The kernel python, whose pyspark has Hadoop's client. */
  readonly python: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The schemes whose file systems are in Hadoop's own client; others have jars of their own. */
const OWN_SCHEMES = ['hdfs', 'viewfs', 'webhdfs', 'swebhdfs'];
/** Loading only these makes the start faster than all jars of Spark. */
const CLIENT_JAR =
  /^(?:hadoop-client-(?:api|runtime)|slf4j-api|log4j-(?:api|core|1\.2-api|slf4j\d?-impl)|commons-logging|jcl-over-slf4j)-\d.*\.jar$/u;
const CLIENT_API = /^hadoop-client-api-\d.*\.jar$/u;
/** The folders of jars in a Hadoop installation. */
const INSTALLATION = ['common/lib', 'common', 'hdfs/lib', 'hdfs', 'tools/lib'];

// Relative to this file, which is the bundle in the wheel, and the source in tests.
const HELPER_PLACES = ['./hadoop', '../../../dist/hadoop'];

/**
 * Finds what starts the helper: Java, the person's Hadoop configuration and Hadoop's client. Reads file names only.
 *
 * @throws ShipEnvError TARGET_CLIENT_MISSING
 */
export async function findClient(search: ClientSearch): Promise<HelperCommand> {
  const { env } = search;
  const [java, jars, helper] = await Promise.all([findJava(env), findJars(search), findHelper()]);
  const folder = await findConfiguration(env);
  return {
    java,
    classPath: [...(folder === undefined ? [] : [folder]), helper, ...jars],
    properties: await propertiesOf(env, folder)
  };
}

async function findJava(env: ClientSearch['env']): Promise<string> {
  const home = env['JAVA_HOME'];
  const candidates = home ? [join(home, 'bin', 'java')] : programsNamed('java', env['PATH']);
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  throw new ShipEnvError(
    'TARGET_CLIENT_MISSING',
    home ? `JAVA_HOME has no Java: ${candidates.join()} cannot be run.` : 'There is no Java on the PATH.',
    { hint: 'Hadoop’s client runs on Java, as Spark’s driver does: install it, or set JAVA_HOME.' }
  );
}

/** The folder with core-site.xml and hdfs-site.xml; undefined when there is none: then the URL must say it all. */
async function findConfiguration(env: ClientSearch['env']): Promise<string | undefined> {
  const named = env['HADOOP_CONF_DIR'];
  if (named) {
    if (await isFolder(named)) return named;
    throw new ShipEnvError('TARGET_CLIENT_MISSING', `HADOOP_CONF_DIR names no folder: ${named}.`, {
      hint: 'Let HADOOP_CONF_DIR name the folder that has core-site.xml and hdfs-site.xml of your cluster.'
    });
  }
  const home = env['HADOOP_HOME'];
  const usual = [...(home ? [join(home, 'etc', 'hadoop')] : []), '/etc/hadoop/conf'];
  for (const folder of usual) if (await isFolder(folder)) return folder;
  return undefined;
}

async function findJars(search: ClientSearch): Promise<string[]> {
  const { scheme, env } = search;
  const looked: string[] = [];
  for (const folder of await sparkJarFolders(search)) {
    looked.push(folder);
    const names = await namesIn(folder);
    if (!names.some(name => CLIENT_API.test(name))) continue;
    if (!OWN_SCHEMES.includes(scheme)) return [join(folder, '*')];
    return names
      .filter(name => CLIENT_JAR.test(name))
      .sort()
      .map(name => join(folder, name));
  }
  const installation = await installationOf(env);
  if (installation !== undefined) return installation;
  const where = looked.length === 0 ? 'There is no Spark' : `There is none in ${looked.join(' or ')}`;
  throw new ShipEnvError(
    'TARGET_CLIENT_MISSING',
    `A target with a ${scheme}:// URL needs Hadoop’s client, which is among the jars of Spark. ${where}.`,
    { hint: 'Install pyspark in the kernel’s environment, or let SPARK_HOME or HADOOP_HOME name an installation.' }
  );
}

/** The folders of jars of the Spark that the job will use, and of the active environment's. */
async function sparkJarFolders({ python, env }: ClientSearch): Promise<string[]> {
  const folders = new Set<string>();
  for (const candidate of [python, env['VIRTUAL_ENV'], env['CONDA_PREFIX']]) {
    const spark = await findSpark({ python: candidate, env });
    if (spark !== undefined) folders.add(spark.jars);
  }
  return [...folders];
}

async function installationOf(env: ClientSearch['env']): Promise<string[] | undefined> {
  const home = env['HADOOP_HOME'];
  if (!home) return undefined;
  const folders = INSTALLATION.map(name => join(home, 'share', 'hadoop', name));
  return (await isFolder(folders[0] ?? '')) ? folders.map(folder => join(folder, '*')) : undefined;
}

/** Java does not read KRB5_CONFIG, which the programs of Kerberos read. It takes one file. */
async function propertiesOf(
  env: ClientSearch['env'],
  configuration: string | undefined
): Promise<HelperCommand['properties']> {
  const kerberos = env['KRB5_CONFIG']?.split(delimiter)[0];
  return {
    ...(kerberos ? { 'java.security.krb5.conf': kerberos } : {}),
    // A changed configuration needs another helper.
    'shipenv.configuration': await stateOf([kerberos, ...(await sitesIn(configuration))])
  };
}

async function sitesIn(folder: string | undefined): Promise<string[]> {
  if (folder === undefined) return [];
  return (await namesIn(folder)).filter(name => name.endsWith('-site.xml')).map(name => join(folder, name));
}

async function stateOf(files: readonly (string | undefined)[]): Promise<string> {
  const times = await Promise.all(
    files.map(async file => (file ? whereReadable(stat(file).then(({ mtimeMs }) => mtimeMs)) : undefined))
  );
  return times.map(time => String(time ?? 0)).join('-');
}

async function findHelper(): Promise<string> {
  const places = HELPER_PLACES.map(place => fileURLToPath(new URL(place, import.meta.url)));
  for (const place of places) if (await isFolder(join(place, 'shipenv'))) return place;
  throw new ShipEnvError('INTERNAL', `Could not find the helper for Hadoop. Looked for ${places.join(', ')}.`, {
    hint: 'Install jupyterlab-ship-env again; in a clone, run `npm run build`.'
  });
}

function programsNamed(name: string, path = ''): string[] {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map(folder => join(folder, name));
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false
  );
}

async function isFolder(path: string): Promise<boolean> {
  return (await whereReadable(stat(path)))?.isDirectory() ?? false;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await whereReadable(readdir(folder))) ?? [];
}

async function whereReadable<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNothing(error) || hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
}
