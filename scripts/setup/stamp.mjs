/** Remembers the inputs of an installation, so that a second run is fast and a changed lock file is noticed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @param {string} stampFile
 * @param {readonly string[]} inputs texts that decide what is installed
 * @param {() => Promise<void>} install
 * @param {readonly string[]} [outputs] paths that must exist; otherwise it counts as not installed
 * @returns {Promise<boolean>} whether it had to be installed
 */
export async function whenChanged(stampFile, inputs, install, outputs = []) {
  const isThere = [stampFile, ...outputs].every(path => existsSync(path));
  if (isThere && readFileSync(stampFile, 'utf8') === digestOf(inputs)) {
    return false;
  }
  // An installation that stops half-way must not look finished.
  rmSync(stampFile, { force: true });
  await install();
  writeStamp(stampFile, inputs);
  return true;
}

/**
 * Notes that the installation of these inputs is complete.
 *
 * @param {string} stampFile
 * @param {readonly string[]} inputs
 */
export function writeStamp(stampFile, inputs) {
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, digestOf(inputs));
}

/** @param {readonly string[]} inputs */
function digestOf(inputs) {
  const hash = createHash('sha256');
  inputs.forEach(input => hash.update(`${input.length}:${input}`));
  return hash.digest('hex');
}
