/**
 * Finds out what test files need to have installed or built. A test file names its needs in a comment line: `needs:`
 * and the names below. The needs of a support file count for every file that imports it.
 *
 * Standard library only: this is read before `npm ci` has run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { paths } from '../lib/paths.mjs';

/**
 * - `seed`: the empty PEX that every artifact begins with
 * - `bundle`: the sidecar and the command line as one program; includes the seed
 * - `wheel`: all built parts and the wheel; includes the bundle
 * - `s3`: the S3 servers
 * - `browser`: Chromium
 * - `kubernetes`: the API server of Kubernetes in memory, and S3A for its pods
 * - `hadoop`: Hadoop's servers, and the helper for its file systems
 *
 * @typedef {'seed' | 'bundle' | 'wheel' | 's3' | 'browser' | 'kubernetes' | 'hadoop'} Need
 */
const NEEDS = /** @type {const} */ (['seed', 'bundle', 'wheel', 's3', 'browser', 'kubernetes', 'hadoop']);

const LINE = /^[ */#]*needs: ([a-z0-9]+(?:, [a-z0-9]+)*)$/gm;
/** Imports of types only are not executed, so they do not count. */
const MODULE_IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+)'/g;
const TYPE_IMPORT = /^(?:import|export) type\b[^;]*;$/gm;
const PYTHON_IMPORT = /^(?:from|import) (\w+)/gm;

/**
 * @param {readonly string[]} files relative to the checkout
 * @param {string} [root]
 * @returns {Set<Need>}
 * @throws {Error} a file names an unknown need
 */
export function needsOf(files, root = paths.root) {
  const needs = new Set(/** @type {Need[]} */ ([]));
  const seen = new Set(files.map(file => join(root, file)));
  // The iteration of a set also visits items that are added meanwhile.
  for (const file of seen) {
    const text = readFileSync(file, 'utf8');
    for (const [line, words = ''] of text.matchAll(LINE)) {
      for (const word of words.split(', ')) {
        const need = NEEDS.find(known => known === word);
        if (need === undefined) {
          throw new Error(`${file} says '${line.trim()}'; the known needs are ${NEEDS.join(', ')}.`);
        }
        needs.add(need);
      }
    }
    importsOf(file, text).forEach(path => seen.add(path));
  }
  return needs;
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {string[]} the files of the checkout that it imports
 */
function importsOf(file, text) {
  if (file.endsWith('.py')) {
    // pytest puts the folders of a test and of conftest.py on the path: a test imports from its folder or the one above.
    return [...text.matchAll(PYTHON_IMPORT)]
      .flatMap(([, name]) => [join(dirname(file), `${name}.py`), join(dirname(file), '..', `${name}.py`)])
      .filter(path => existsSync(path));
  }
  return [...text.replace(TYPE_IMPORT, '').matchAll(MODULE_IMPORT)]
    .map(([, path = '']) => join(dirname(file), path))
    .flatMap(path => [path, path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')])
    .filter(path => /\.\w+$/.test(path) && existsSync(path));
}
