/**
 * Hadoop's servers, and its S3 file system for Spark, as jars from Maven Central. Spark brings Ivy, which fetches
 * them: 110 MB, a minute or two.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths, sitePackages } from '../lib/paths.mjs';
import { CommandFailed, run } from '../lib/process.mjs';
import { SetupProblem } from './problem.mjs';
import { whenChanged } from './stamp.mjs';

const VERSION = '3.5.0';
const FOLDER = join(paths.cache, 'hadoop');
/** Folder of the jars that the servers need. */
export const HADOOP_JARS = join(FOLDER, 'servers');
/** Folder of the jars that a Spark needs besides its own to read `s3a://`. */
export const S3A_JARS = join(FOLDER, 's3a');

/** The ResourceManager does not start without the timeline service. */
const SERVERS = [
  ...['hadoop-common', 'hadoop-hdfs', 'hadoop-hdfs-client', 'hadoop-yarn-client', 'hadoop-yarn-server-nodemanager'],
  ...['hadoop-yarn-server-resourcemanager', 'hadoop-yarn-server-timelineservice']
].map(name => dependency('org.apache.hadoop', name, VERSION));

/** Replaces the bundle of 686 MB that hadoop-aws requires. Leaves out jars that Spark has in other versions. */
const S3A = [
  dependency('org.apache.hadoop', 'hadoop-aws', VERSION, { transitive: false }),
  ...['s3', 's3-transfer-manager', 'sts', 'apache-client', 'netty-nio-client'].map(name =>
    dependency('software.amazon.awssdk', name, '2.35.4')
  ),
  dependency('software.amazon.s3.analyticsaccelerator', 'analyticsaccelerator-s3', '1.3.1'),
  '<exclude org="io.netty"/>',
  '<exclude org="org.slf4j"/>',
  '<exclude org="commons-.*" matcher="regexp"/>'
];

/** @type {(org: string, name: string, version: string, options?: {transitive: boolean}) => string} */
export function dependency(org, name, version, { transitive } = { transitive: true }) {
  return `<dependency org="${org}" name="${name}" rev="${version}" conf="default->default" transitive="${transitive}"/>`;
}

/**
 * Needs the project's environment, with pyspark, and Java.
 *
 * @returns {Promise<boolean>} whether anything had to be fetched
 * @throws {SetupProblem}
 */
export async function installHadoop() {
  const servers = await installHadoopServers();
  return (await installS3a()) || servers;
}

/**
 * The servers only: 99 MB.
 *
 * @returns {Promise<boolean>} whether anything had to be fetched
 * @throws {SetupProblem}
 */
export async function installHadoopServers() {
  return fetchJars(HADOOP_JARS, SERVERS);
}

/**
 * Only the file system `s3a://`: 14 MB.
 *
 * @returns {Promise<boolean>} whether anything had to be fetched
 * @throws {SetupProblem}
 */
export async function installS3a() {
  return fetchJars(S3A_JARS, S3A);
}

/**
 * Fetches jars into a folder, unless the folder has them already.
 *
 * @param {string} folder
 * @param {readonly string[]} dependencies elements of an ivy.xml
 * @returns {Promise<boolean>} whether they had to be fetched
 * @throws {SetupProblem}
 */
export async function fetchJars(folder, dependencies) {
  const module = `<ivy-module version="2.0">
  <info organisation="ship-env" module="jars"/>
  <configurations><conf name="default"/></configurations>
  <dependencies>
    ${dependencies.join('\n    ')}
  </dependencies>
</ivy-module>
`;
  return whenChanged(`${folder}.stamp`, [module], async () => retrieve(folder, module), [folder]);
}

/**
 * @param {string} folder for the jars
 * @param {string} module the module to fetch, in the syntax of Ivy
 */
async function retrieve(folder, module) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [ivy, settings, cache] = [`${folder}.ivy.xml`, `${folder}.ivysettings.xml`, `${folder}.ivy`];
  writeFileSync(ivy, module);
  writeFileSync(
    settings,
    `<ivysettings><settings defaultResolver="central"/><caches defaultCacheDir="${cache}"/>
  <resolvers><ibiblio name="central" m2compatible="true"/></resolvers></ivysettings>\n`
  );
  const sparkJars = join(sitePackages(paths.venv), 'pyspark', 'jars');
  const program = readdirSync(sparkJars).find(name => /^ivy-\d.*\.jar$/.test(name)) ?? 'ivy.jar';
  const args = ['-settings', settings, '-ivy', ivy, '-confs', 'default', '-retrieve'];
  try {
    await run(
      'java',
      ['-jar', join(sparkJars, program), ...args, join(folder, '[artifact]-[revision](-[classifier]).[ext]')],
      {
        stdout: 'capture'
      }
    );
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    throw new SetupProblem(
      `The jars for ${folder} could not be fetched`,
      error.output.trim().split('\n').slice(-20).join('\n'),
      'see that Maven Central can be reached',
      error
    );
  } finally {
    [ivy, settings, cache].forEach(path => rmSync(path, { recursive: true, force: true }));
  }
}
