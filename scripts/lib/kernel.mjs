/** The kernel of the demo: a virtual environment like that of a data scientist, and its kernelspec. */
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installLocked, uv } from '../setup/python.mjs';
import { whenChanged } from '../setup/stamp.mjs';
import { paths, pythonOf, sitePackages } from './paths.mjs';
import { run } from './process.mjs';

const NAME = 'ship-env-demo';
const PACKAGE = join(paths.examples, 'demo-package');
const JUPYTER_PATH = join(paths.cache, 'jupyter');
const CLUSTER = join(paths.cache, 'cluster');
const SPARK_HOME = join(CLUSTER, 'spark');

/**
 * @typedef {object} DemoKernel
 * @property {string} name of the kernelspec
 * @property {string} venv
 * @property {string} python
 * @property {string} jupyterPath folder for JUPYTER_PATH that holds the kernelspec
 * @property {string} source folder of the editable package
 */

/**
 * Makes the environment, or checks the existing one: packages from requirements/kernel.txt, the example package as an
 * editable one, and our wheel for the magic.
 *
 * @param {string} wheel
 * @returns {Promise<DemoKernel>}
 */
export async function prepareKernel(wheel) {
  const venv = join(paths.cache, 'kernel');
  const python = pythonOf(venv);
  const base = pythonOf(paths.venv);
  const works = await run(python, ['-c', 'import sys'], { stdout: 'capture', allowFailure: true });
  if (works.code !== 0) {
    await uv(['venv', '--quiet', '--clear', '--python', base, venv]);
  }
  await installLocked('kernel', venv);
  const project = readFileSync(join(PACKAGE, 'pyproject.toml'), 'utf8');
  await whenChanged(join(venv, '.ship-env-package'), [project, PACKAGE], async () => {
    await uv(['pip', 'install', '--quiet', '--python', python, '--no-deps', '--editable', PACKAGE]);
  });
  await whenChanged(join(venv, '.ship-env-wheel'), [readFileSync(wheel, 'latin1')], async () => {
    await uv(['pip', 'install', '--quiet', '--python', python, '--no-deps', '--reinstall', wheel]);
  });
  await writeKernelspec(venv);
  return { name: NAME, venv, python, jupyterPath: JUPYTER_PATH, source: PACKAGE };
}

/**
 * The kernelspec gives the kernel a python and a Spark for the executors. A real cluster has its own; here the
 * executors run on this machine, and must not get them from the kernel's environment.
 *
 * @param {string} venv
 */
async function writeKernelspec(venv) {
  const python = pythonOf(venv);
  const bin = join(CLUSTER, 'bin');
  mkdirSync(bin, { recursive: true });
  const ask = 'import sys; print(sys._base_executable, "python3.%d" % sys.version_info[1])';
  const { output } = await run(python, ['-c', ask], { stdout: 'capture' });
  const [base = '', versioned = ''] = output.trim().split(' ');
  link(base, join(bin, 'python3'));
  link(base, join(bin, versioned));
  mkdirSync(SPARK_HOME, { recursive: true });
  const spark = join(sitePackages(venv), 'pyspark');
  for (const name of readdirSync(spark).filter(entry => entry !== 'work')) {
    link(join(spark, name), join(SPARK_HOME, name));
  }
  const folder = join(JUPYTER_PATH, 'kernels', NAME);
  const spec = {
    display_name: 'Ship env demo',
    language: 'python',
    argv: [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    env: { PATH: `${bin}:\${PATH}`, SPARK_HOME, SPARK_LOCAL_IP: '127.0.0.1' }
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kernel.json'), `${JSON.stringify(spec, null, 2)}\n`);
}

/**
 * @param {string} existing
 * @param {string} path
 */
function link(existing, path) {
  rmSync(path, { force: true });
  symlinkSync(existing, path);
}

/** Removes the folders that a local cluster makes in SPARK_HOME for the executors of each application. */
export function removeExecutorFolders() {
  rmSync(join(SPARK_HOME, 'work'), { recursive: true, force: true });
}
