/** Prepares Spark's own tests: a Spark, and three pythons for its workers. */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { paths, pythonOf, sitePackages } from '../../lib/paths.mjs';
import { run } from '../../lib/process.mjs';
import { uv } from '../../setup/python.mjs';

export const FOLDER = join(paths.cache, 'spark-tests');
const SCRIPTS = join(paths.root, 'scripts', 'long-tests', 'spark');
/** One executor with as many cores as Spark's tests have threads. */
const MASTER = 'local-cluster[1,4,1024]';

/**
 * @typedef {object} Way
 * @property {string} name
 * @property {string} driver the driver's python
 * @property {string} executors python of the executors
 * @property {Record<string, string>} conf Spark properties
 */

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Way[]>} the plain one first
 */
export async function prepareWays(env) {
  // A ship does not make the directory of its target here.
  mkdirSync(join(FOLDER, 'target'), { recursive: true });
  const kernel = await makeVenv('kernel', []);
  const withEditable = await makeVenv('kernel-with-editable', ['--editable', join(paths.examples, 'demo-package')]);
  return [
    { name: 'plain', driver: kernel, executors: kernel, conf: {} },
    { name: 'artifact', driver: kernel, ...(await shipped(kernel, env)) },
    { name: 'editable', driver: withEditable, ...(await shipped(withEditable, env)) }
  ];
}

/**
 * @param {string} name
 * @param {readonly string[]} more arguments of `uv pip install`
 */
async function makeVenv(name, more) {
  const venv = join(FOLDER, name);
  const python = pythonOf(venv);
  if (existsSync(join(venv, '.whole'))) return python;
  await uv(['venv', '--quiet', '--clear', '--python', pythonOf(paths.venv), venv]);
  const locked = ['--constraint', join(paths.requirements, 'kernel.txt')];
  await uv(['pip', 'install', '--quiet', '--python', python, ...locked, 'numpy', 'pandas', 'pyarrow', ...more]);
  mkdirSync(join(venv, '.whole'));
  return python;
}

/**
 * @param {string} python
 * @param {NodeJS.ProcessEnv} env
 */
async function shipped(python, env) {
  const target = pathToFileURL(join(FOLDER, 'target')).href;
  const common = ['--python', python, '--target', target, '--master', MASTER];
  const bundle = join(paths.sidecar, 'ship-env.mjs');
  const options = { env: { ...env, SHIP_ENV_CACHE: join(FOLDER, 'cache') }, stdout: /** @type {const} */ ('capture') };
  await run('node', [bundle, 'ship', ...common], options);
  const { output } = await run('node', [bundle, 'config', ...common, '--as', 'json'], options);
  /** @type {Record<string, string>} */
  const conf = JSON.parse(output);
  const { 'spark.pyspark.python': executors = '', 'spark.master': _, ...rest } = conf;
  return { executors, conf: rest };
}

/**
 * Makes a SPARK_HOME that links to the project's pyspark, and for the driver a folder with pyspark and Spark's tests,
 * which look for files beside their own.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<NodeJS.ProcessEnv>} environment variables of the driver
 */
export async function prepareSpark(env) {
  const pyspark = join(sitePackages(paths.venv), 'pyspark');
  const home = join(FOLDER, 'spark');
  const unpacked = join(FOLDER, 'python');
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  for (const name of ['bin', 'jars', 'python']) symlinkSync(join(pyspark, name), join(home, name));
  const libraries = join(pyspark, 'python', 'lib');
  const py4j = readdirSync(libraries).find(name => name.startsWith('py4j')) ?? '';
  rmSync(unpacked, { recursive: true, force: true });
  await run(pythonOf(paths.venv), ['-m', 'zipfile', '-e', join(libraries, 'pyspark.zip'), unpacked]);
  for (const name of ['home', 'work', 'tmp', 'node']) mkdirSync(join(FOLDER, name), { recursive: true });
  return {
    ...env,
    HOME: join(FOLDER, 'home'),
    TMPDIR: join(FOLDER, 'tmp'),
    SPARK_HOME: home,
    SPARK_LOCAL_DIRS: join(FOLDER, 'tmp'),
    SPARK_LOCAL_IP: '127.0.0.1',
    SHIP_ENV_NODE_ROOT: join(FOLDER, 'node'),
    PYTHONPATH: [unpacked, join(libraries, py4j), SCRIPTS].join(':'),
    JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'
  };
}

/**
 * Runs a module, or some of its tests.
 *
 * @param {Way} way
 * @param {NodeJS.ProcessEnv} env as {@link prepareSpark} gives it
 * @param {{module: string, output: string, log: string, tests?: readonly string[]}} what
 */
export async function runModule(way, env, { module, output, log, tests = [] }) {
  const settings = { master: MASTER, conf: { 'spark.ui.enabled': 'false', ...way.conf } };
  await run(way.driver, [join(SCRIPTS, 'run_module.py'), module, output, ...tests], {
    env: {
      ...env,
      PYSPARK_PYTHON: way.executors,
      PYSPARK_DRIVER_PYTHON: way.driver,
      SHIP_ENV_SPARK_TESTS: JSON.stringify(settings)
    },
    cwd: join(FOLDER, 'work'),
    log,
    allowFailure: true
  });
  rmSync(join(FOLDER, 'spark', 'work'), { recursive: true, force: true });
}
