/** Debian packages: installed when we are root, otherwise named in a command for the person. */
import { existsSync } from 'node:fs';
import { CommandFailed, run } from '../lib/process.mjs';
import { SetupProblem } from './problem.mjs';

let listsAreFresh = false;

/**
 * @typedef {object} SystemNeed
 * @property {string[]} packages Debian package names
 * @property {string} why why the project needs them
 */

/**
 * Installs Debian packages, all by one command.
 *
 * @param {readonly SystemNeed[]} needs
 * @throws {SetupProblem} not root, not Debian, or apt failed
 */
export async function installDebianPackages(needs) {
  if (needs.length === 0) {
    return;
  }
  const packages = [...new Set(needs.flatMap(need => need.packages))].sort();
  const why = needs.map(need => need.why).join('; ');
  const what = `These Debian packages are needed: ${packages.join(' ')}`;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new SetupProblem(
      what,
      `${why}; this is not a Debian machine`,
      'install the same with your own package manager'
    );
  }
  if (process.getuid?.() !== 0) {
    throw new SetupProblem(what, why, `as root: ${command}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    if (!listsAreFresh) {
      await run('apt-get', ['update', '-q'], { env, stdout: 'capture' });
      listsAreFresh = true;
    }
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env, stdout: 'capture' });
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    const reason = error.output.trim().split('\n').slice(-3).join(' ');
    throw new SetupProblem(what, `${why}; apt-get could not install them: ${reason}`, `as root: ${command}`, error);
  }
}
