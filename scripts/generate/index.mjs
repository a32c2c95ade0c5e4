/** The files that are made from the declarations in server/src/contract: all of them are committed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';
import { loadDeclarations } from './declarations.mjs';
import { contractModule, withPointerNames } from './python.mjs';

/** @typedef {import('./declarations.mjs').Declarations} Declarations */

/**
 * Each file, and what makes its text: of a file that is generated in part, from the text that it has.
 *
 * @type {Readonly<Record<string, (declarations: Declarations, text: () => string) => string>>}
 */
export const FILES = {
  'jupyterlab_ship_env/_contract.py': contractModule,
  'jupyterlab_ship_env/runtime/ship_env_code.py': (declarations, text) => withPointerNames(declarations, text())
};

/**
 * @param {string} [root] folder of a checkout
 * @returns {Promise<{name: string, text: string}[]>} the files that do not hold what the declarations say, and what they
 *   are to hold
 */
export async function staleFiles(root = paths.root) {
  const declarations = await loadDeclarations();
  return Object.entries(FILES).flatMap(([name, textOf]) => {
    const path = join(root, name);
    const text = textOf(declarations, () => readFileSync(path, 'utf8'));
    return textAt(path) === text ? [] : [{ name, text }];
  });
}

/**
 * Writes the files that are out of date.
 *
 * @param {string} [root] folder of a checkout
 * @returns {Promise<string[]>} their names
 */
export async function writeGenerated(root = paths.root) {
  const stale = await staleFiles(root);
  stale.forEach(({ name, text }) => writeFileSync(join(root, name), text));
  return stale.map(({ name }) => name);
}

/** @param {string} path */
function textAt(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
