/** The project's own virtual environments, filled from the lock files in requirements/. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { paths, pythonOf } from '../lib/paths.mjs';
import { CommandFailed, run } from '../lib/process.mjs';
import { installDebianPackages } from './debian.mjs';
import { SetupProblem } from './problem.mjs';
import { whenChanged } from './stamp.mjs';

/**
 * A file `requirements/<name>.txt`.
 *
 * @typedef {'build' | 'demo' | 'dev' | 'kernel' | 's3-server' | `bench/${'cluster-pack' | 'medium' | 'pex' | 'plot' | 'small' | 'venv-pack'}`} LockName
 */

const OLDEST_PYTHON = [3, 10];
const PROBE = 'import json, sys; print(json.dumps([sys.version_info[0], sys.version_info[1]]))';

/**
 * Makes `.venv`, also when its interpreter is gone, and installs uv into it.
 *
 * @returns {Promise<void>}
 */
export async function prepareVenv() {
  const python = pythonOf(paths.venv);
  if ((await run(python, ['-c', PROBE], { stdout: 'capture', allowFailure: true })).code !== 0) {
    rmSync(paths.venv, { recursive: true, force: true });
    await makeVenv(paths.venv);
  }
  if (!existsSync(join(paths.venv, 'bin', 'uv'))) {
    const uv = /^uv==\S+/m.exec(lockOf('build'))?.[0] ?? 'uv';
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', uv], { stdout: 'capture' });
  }
}

/**
 * Makes a virtual environment with `python -m venv`. On Debian, venv needs a separate package.
 *
 * @param {string} directory
 */
async function makeVenv(directory) {
  const python = await findPython();
  const first = await run(python, ['-m', 'venv', directory], { stdout: 'capture', allowFailure: true });
  if (first.code === 0) {
    return;
  }
  rmSync(directory, { recursive: true, force: true });
  await installDebianPackages([{ packages: ['python3-venv'], why: `\`${python} -m venv\` does not work without it` }]);
  await run(python, ['-m', 'venv', directory], { stdout: 'capture' });
}

/** @returns {Promise<string>} the first python on the PATH that is new enough */
async function findPython() {
  // `.venv` itself may be first on the PATH, and has just been removed.
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(folder => !folder.startsWith(paths.venv));
  const found = [];
  for (const name of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    for (const program of folders.map(folder => join(folder, name)).filter(path => existsSync(path))) {
      const { code, output } = await run(program, ['-c', PROBE], { stdout: 'capture', allowFailure: true });
      const version = /\[(\d+), (\d+)\]/.exec(output);
      if (code !== 0 || version === null) {
        continue;
      }
      const [major, minor] = [Number(version[1]), Number(version[2])];
      if (major === OLDEST_PYTHON[0] && minor >= (OLDEST_PYTHON[1] ?? 0)) {
        return program;
      }
      found.push(`${program} is ${major}.${minor}`);
    }
  }
  throw new SetupProblem(
    `No Python ${OLDEST_PYTHON.join('.')} or later was found on the PATH`,
    found.length === 0 ? 'JupyterLab, Spark and the kernels are Python programs' : found.join('; '),
    'as root: apt-get update && apt-get install -y python3 python3-venv'
  );
}

/**
 * Installs the packages of a lock file into a virtual environment, unless it has them already.
 *
 * @param {LockName} name
 * @param {string} venv
 * @returns {Promise<boolean>} whether anything had to be installed
 */
export async function installLocked(name, venv) {
  const stamp = join(venv, `.ship-env-${name.replace('/', '-')}`);
  return whenChanged(stamp, [lockOf(name), venv], async () => {
    const file = join(paths.requirements, `${name}.txt`);
    try {
      await uv(['pip', 'install', '--quiet', '--python', pythonOf(venv), '-r', file]);
    } catch (error) {
      if (!(error instanceof CommandFailed)) {
        throw error;
      }
      throw new SetupProblem(
        `The Python packages of requirements/${name}.txt could not be installed`,
        error.output.trim(),
        'check that the package registry can be reached, then run the same again',
        error
      );
    }
  });
}

/**
 * Runs the project's uv, which uses the machine's pythons and downloads none.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @param {{cwd?: string}} [where]
 */
export async function uv(args, env = process.env, where = {}) {
  return run(join(paths.venv, 'bin', 'uv'), args, {
    ...where,
    env: { ...env, UV_PYTHON_DOWNLOADS: 'never' },
    stdout: 'capture'
  });
}

/** @param {string} name */
function lockOf(name) {
  return readFileSync(join(paths.requirements, `${name}.txt`), 'utf8');
}
