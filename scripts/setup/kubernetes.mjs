/**
 * Two API servers of Kubernetes for tests. The one in memory is fabric8's, whose client Spark uses: 2 MB of jars, and
 * our small program around it. It has no RBAC and checks little.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths, sitePackages } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { dependency, fetchJars, installS3a } from './hadoop.mjs';
import { whenChanged } from './stamp.mjs';

const FOLDER = join(paths.cache, 'kubernetes');
const MOCK_JARS = join(FOLDER, 'mock');
const MOCK_CLASSES = join(FOLDER, 'mock-classes');
/** The folder exists once the project's environment does. */
const sparkJars = () => join(sitePackages(paths.venv), 'pyspark', 'jars');
const COMPILER = join(FOLDER, 'compiler');
const MOCK_SOURCE = join(paths.root, 'scripts', 'cluster', 'kubernetes', 'MockApi.java');

/** Must be the version of the fabric8 jars that Spark has: the mock shares the models with them. */
const FABRIC8 = '7.6.1';
const MOCK = [
  dependency('io.fabric8', 'kubernetes-server-mock', FABRIC8),
  // Spark has these already.
  '<exclude org="io.fabric8" module="kubernetes-(client|client-api|httpclient-.*|model-.*)" matcher="regexp"/>',
  '<exclude org="com.fasterxml.*" matcher="regexp"/>',
  '<exclude org="org.slf4j"/>'
];
/** A Java runtime has no compiler. */
const ECJ = [dependency('org.eclipse.jdt', 'ecj', '3.43.0', { transitive: false })];

/** @returns {string} the class path of the API server in memory */
export function mockClassPath() {
  return [MOCK_CLASSES, `${MOCK_JARS}/*`, `${sparkJars()}/*`].join(':');
}

/**
 * Installs the API server in memory, and what pods need to read S3. Needs the project's environment, with pyspark, and
 * Java.
 *
 * @returns {Promise<boolean>} whether anything had to be fetched or compiled
 * @throws {import('./problem.mjs').SetupProblem}
 */
export async function installKubernetesMock() {
  const hasFetched = await fetchJars(MOCK_JARS, MOCK);
  const hasS3a = await installS3a();
  const hasCompiler = await fetchJars(COMPILER, ECJ);
  const inputs = [FABRIC8, readFileSync(MOCK_SOURCE, 'utf8')];
  const hasCompiled = await whenChanged(`${MOCK_CLASSES}.stamp`, inputs, compile, [MOCK_CLASSES]);
  return [hasFetched, hasS3a, hasCompiler, hasCompiled].includes(true);
}

async function compile() {
  rmSync(MOCK_CLASSES, { recursive: true, force: true });
  mkdirSync(MOCK_CLASSES, { recursive: true });
  const ecj = ['-cp', `${COMPILER}/*`, 'org.eclipse.jdt.internal.compiler.batch.Main'];
  // This compiler reads no `*` in a class path.
  const jars = [MOCK_JARS, sparkJars()].flatMap(folder => readdirSync(folder).map(name => join(folder, name)));
  const options = ['-17', '-nowarn', '-proc:none', '-cp', jars.join(':'), '-d', MOCK_CLASSES];
  await run('java', [...ecj, ...options, MOCK_SOURCE], { stdout: 'capture' });
}
