/** Remembers what an installation was made from, so that a second run is fast and a changed lock file is noticed. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * @param {string} stampFile
 * @param {readonly string[]} inputs texts that decide what is installed
 * @param {() => Promise<void>} install
 * @returns {Promise<boolean>} whether it had to be installed
 */
export async function whenChanged(stampFile, inputs, install) {
  const hash = createHash('sha256');
  inputs.forEach(input => hash.update(`${input.length}:${input}`));
  const wanted = hash.digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) {
    return false;
  }
  // An installation that stops half-way must not look finished.
  rmSync(stampFile, { force: true });
  await install();
  writeFileSync(stampFile, wanted);
  return true;
}
