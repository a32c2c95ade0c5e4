/** The virtual environments of the benchmark below .cache/bench, with their packages. */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths, pythonOf, sitePackages } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/process.mjs';
import { installLocked, uv, type LockName } from '../../../scripts/setup/python.mjs';
import { whenChanged } from '../../../scripts/setup/stamp.mjs';

/** All files of a benchmark are below this folder. */
export const BENCH_FOLDER = join(paths.cache, 'bench');

// Copies files, like pip. A link into uv's cache gets new times whenever uv makes another environment, and a tool that
// recognises changes by these times would read all files again.
process.env['UV_LINK_MODE'] = 'copy';

/** Makes a new and empty virtual environment. @param venv - its directory */
export async function makeVenv(venv: string): Promise<void> {
  rmSync(venv, { recursive: true, force: true });
  await uv(['venv', '--quiet', '--python', pythonOf(paths.venv), venv]);
}

/**
 * Makes a virtual environment from lock files, unless it exists and holds them already.
 *
 * @param name - name of its folder
 * @returns its directory
 */
export async function lockedVenv(name: string, locks: readonly LockName[]): Promise<string> {
  const venv = join(BENCH_FOLDER, name);
  const works = await run(pythonOf(venv), ['-c', ''], { stdout: 'capture', allowFailure: true });
  if (works.code !== 0) {
    await makeVenv(venv);
  }
  for (const lock of locks) {
    await installLocked(lock, venv);
  }
  return venv;
}

/**
 * A virtual environment with a wheel of ours, compiled like by pip.
 *
 * @param name - name of its folder
 * @returns its directory
 */
export async function shipEnvVenv(wheel: string, name: string): Promise<string> {
  const venv = await lockedVenv(name, []);
  await whenChanged(join(venv, '.ship-env-wheel'), [readFileSync(wheel, 'latin1')], async () => {
    const options = ['--no-deps', '--reinstall', '--compile-bytecode'];
    await uv(['pip', 'install', '--quiet', '--python', pythonOf(venv), ...options, wheel]);
  });
  return venv;
}

/** Installs packages without their dependencies. */
export async function install(venv: string, ...requirements: string[]): Promise<void> {
  await uv(['pip', 'install', '--quiet', '--python', pythonOf(venv), '--no-deps', ...requirements]);
}

/** Removes distributions. A missing one is not an error: an earlier benchmark may have been stopped halfway. */
export async function uninstall(venv: string, ...names: string[]): Promise<void> {
  await uv(['pip', 'uninstall', '--quiet', '--python', pythonOf(venv), ...names]);
}

/**
 * Compiles all modules, as in an environment that is in use: pip compiles them at the installation, and after `uv pip
 * install` the first import does.
 */
export async function compileModules(venv: string): Promise<void> {
  // Some files do not compile: templates, and modules for other versions of Python.
  const options = { stdout: 'capture', allowFailure: true } as const;
  await run(pythonOf(venv), ['-m', 'compileall', '-q', '-j', '0', sitePackages(venv)], options);
}

/** Removes compiled modules, as in an environment after `uv pip install` that nobody has used. */
export function removeCompiledModules(venv: string): void {
  const entries = readdirSync(sitePackages(venv), { recursive: true, withFileTypes: true });
  for (const { name, parentPath } of entries.filter(entry => entry.name === '__pycache__' && entry.isDirectory())) {
    rmSync(join(parentPath, name), { recursive: true });
  }
}
