/** The virtual environments of the benchmark below .cache/bench: what is shipped, and one for each contender. */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths, pythonOf, sitePackages } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { installLocked, uv } from '../setup/python.mjs';
import { whenChanged } from '../setup/stamp.mjs';

export const BENCH = join(paths.cache, 'bench');

// As pip installs. Links into uv's cache would give the files of one environment new times whenever another one is made,
// and whoever tells by them what changed would read all files again.
process.env['UV_LINK_MODE'] = 'copy';

/**
 * Makes a virtual environment from lock files, or looks that it holds them already.
 *
 * @param {string} name of the folder
 * @param {readonly import('../setup/python.mjs').LockName[]} locks
 * @returns {Promise<string>} its directory
 */
export async function lockedVenv(name, locks) {
  const venv = join(BENCH, name);
  const works = await run(pythonOf(venv), ['-c', ''], { stdout: 'capture', allowFailure: true });
  if (works.code !== 0) {
    await uv(['venv', '--quiet', '--clear', '--python', pythonOf(paths.venv), venv]);
  }
  for (const lock of locks) {
    await installLocked(lock, venv);
  }
  return venv;
}

/**
 * The packages of a virtual environment that people use are compiled: pip does it when it installs, `uv pip install` leaves
 * it to the first import.
 *
 * @param {string} venv
 */
export async function compileModules(venv) {
  // Templates and modules for other Pythons do not compile.
  const options = { stdout: /** @type {const} */ ('capture'), allowFailure: true };
  await run(pythonOf(venv), ['-m', 'compileall', '-q', '-j', '0', sitePackages(venv)], options);
}

/**
 * As `uv pip install` leaves an environment that nobody has used.
 *
 * @param {string} venv
 */
export function removeCompiledModules(venv) {
  const entries = readdirSync(sitePackages(venv), { recursive: true, withFileTypes: true });
  for (const { name, parentPath } of entries.filter(entry => entry.name === '__pycache__' && entry.isDirectory())) {
    rmSync(join(parentPath, name), { recursive: true });
  }
}

/**
 * Our own wheel as pip installs it, which compiles.
 *
 * @param {string} wheel
 * @param {string} [name] of the folder
 * @returns {Promise<string>} the venv
 */
export async function shipEnvVenv(wheel, name = 'ship-env') {
  const venv = await lockedVenv(name, []);
  await whenChanged(join(venv, '.ship-env-wheel'), [readFileSync(wheel, 'latin1')], async () => {
    const options = ['--no-deps', '--reinstall', '--compile-bytecode'];
    await uv(['pip', 'install', '--quiet', '--python', pythonOf(venv), ...options, wheel]);
  });
  return venv;
}

/**
 * @param {string} venv
 * @param {...string} requirements
 */
export async function install(venv, ...requirements) {
  await uv(['pip', 'install', '--quiet', '--python', pythonOf(venv), '--no-deps', ...requirements]);
}

/**
 * What is not there is none of its business: an earlier benchmark may have been stopped half-way.
 *
 * @param {string} venv
 * @param {...string} names
 */
export async function uninstall(venv, ...names) {
  await uv(['pip', 'uninstall', '--quiet', '--python', pythonOf(venv), ...names]);
}
