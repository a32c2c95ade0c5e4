/** What every run of the measurement shares: the kernel's environment, a copy of it on the node, Spark, the artifacts. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { paths, pythonOf, sitePackages } from '../../lib/paths.mjs';
import { run } from '../../lib/process.mjs';
import { installLocked, uv } from '../../setup/python.mjs';
import { compileModules } from '../environments.mjs';

/** Executors of an application, all on one node. */
const EXECUTORS = 2;

/** As much as the figures of other people: compiling at the highest level costs more than so short a life gives back. */
const JVM = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

/**
 * @typedef {object} Setting
 * @property {string} folder for all that the measurement makes; what is costly is kept from one run to the next
 * @property {string} python the kernel's
 * @property {string} nodePython of a virtual environment with the same packages, which the node has
 * @property {string} othersPex the kernel's environment as a zipapp of the pex tool, without pyspark
 * @property {readonly string[]} hidden folders that no node may see
 * @property {NodeJS.ProcessEnv} env of Spark's programs and of the applications
 * @property {number} executors
 */

/**
 * @param {NodeJS.ProcessEnv} baseEnv from `setUp`
 * @returns {Promise<Setting>}
 */
export async function prepareSetting(baseEnv) {
  const folder = join(paths.cache, 'bench', 'first-task');
  const kernel = join(folder, 'kernel');
  const onNode = join(folder, 'node-venv');
  mkdirSync(folder, { recursive: true });
  await makeVenv(kernel);
  await makeVenv(onNode);
  await compileModules(onNode);
  return {
    folder,
    python: pythonOf(kernel),
    nodePython: pythonOf(onNode),
    othersPex: await makeOthersPex(folder, kernel, baseEnv),
    hidden: [kernel],
    env: await sparkEnvironment(folder, kernel, baseEnv),
    executors: EXECUTORS
  };
}

/** @param {string} venv */
async function makeVenv(venv) {
  const works = await run(pythonOf(venv), ['-c', 'import sys'], { stdout: 'capture', allowFailure: true });
  if (works.code !== 0) {
    await uv(['venv', '--quiet', '--clear', '--python', pythonOf(paths.venv), venv]);
  }
  await installLocked('kernel', venv);
}

/**
 * How environments are shipped without us: one file by the pex tool, which each executor unpacks for itself.
 *
 * @param {string} folder
 * @param {string} kernel
 * @param {NodeJS.ProcessEnv} env
 */
async function makeOthersPex(folder, kernel, env) {
  const file = join(folder, 'others.pex');
  if (!existsSync(file)) {
    const args = ['--venv-repository', kernel, '--exclude', 'pyspark', '--exclude', 'py4j', '--inherit-path=fallback'];
    await run('pex', [...args, '-o', file], {
      env: { ...env, PEX_ROOT: join(folder, 'pex-root') },
      stdout: 'capture'
    });
    rmSync(join(folder, 'pex-root'), { recursive: true, force: true });
  }
  return file;
}

/**
 * A SPARK_HOME and a PATH that the nodes have of their own: Spark's files are hard links to those of the kernel's
 * pyspark, and python is the one that the kernel's environment was made with.
 *
 * @param {string} folder
 * @param {string} kernel
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function sparkEnvironment(folder, kernel, env) {
  const home = join(folder, 'spark');
  rmSync(home, { recursive: true, force: true });
  await run('cp', ['-al', join(sitePackages(kernel), 'pyspark'), home]);
  const bin = join(folder, 'bin');
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
  const ask = 'import sys; print(sys._base_executable, "python3.%d" % sys.version_info[1])';
  const { output } = await run(pythonOf(kernel), ['-c', ask], { stdout: 'capture' });
  const [base = '', versioned = ''] = output.trim().split(' ');
  symlinkSync(base, join(bin, versioned));
  symlinkSync(base, join(bin, 'python3'));
  const tmp = join(folder, 'tmp');
  rmSync(tmp, { recursive: true, force: true });
  mkdirSync(tmp);
  const libraries = readdirSync(join(home, 'python', 'lib')).filter(name => name.endsWith('.zip'));
  return {
    PATH: [bin, env['PATH'] ?? ''].join(delimiter),
    HOME: folder,
    LANG: 'C.UTF-8',
    TMPDIR: tmp,
    SPARK_HOME: home,
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_LOCAL_DIRS: tmp,
    JAVA_HOME: env['JAVA_HOME'] ?? javaHome(),
    JDK_JAVA_OPTIONS: `${JVM} -Djava.io.tmpdir=${tmp}`,
    // The same for YARN's containers as the executors of Spark standalone get from SPARK_HOME.
    PYSPARK_ARCHIVES_PATH: libraries.map(name => `local:${join(home, 'python', 'lib', name)}`).join(',')
  };
}

function javaHome() {
  const java = execFileSync('sh', ['-c', 'command -v java'], { encoding: 'utf8' }).trim();
  return dirname(dirname(realpathSync(java)));
}
