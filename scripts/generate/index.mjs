/** The files that are generated from the declarations in server/src/contract; all of them are committed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';
import { loadDeclarations } from './declarations.mjs';
import { withTables } from './docs.mjs';
import { apiOptionsModule } from './python-api.mjs';
import { contractModule, withCurrent, withPointerNames } from './python.mjs';
import { settingsSchema } from './schema.mjs';

/** @typedef {import('./declarations.mjs').Declarations} Declarations */

/**
 * Files that are generated as a whole, with the function that makes the text.
 *
 * @type {Readonly<Record<string, (declarations: Declarations) => string | Promise<string>>>}
 */
const WHOLE = {
  'jupyterlab_ship_env/_contract.py': contractModule,
  'jupyterlab_ship_env/api/_options.py': apiOptionsModule,
  'schema/plugin.json': settingsSchema
};

/**
 * Files that are generated in part, with the function that makes the new text from the old one. A source distribution
 * lacks the documentation.
 *
 * @type {Readonly<Record<string, (declarations: Declarations, text: string) => string>>}
 */
const IN_PART = {
  'jupyterlab_ship_env/api/current.py': withCurrent,
  'jupyterlab_ship_env/runtime/ship_env_code.py': withPointerNames,
  'docs/python-api.md': withTables,
  'docs/settings.md': withTables,
  'README.md': withTables
};

/** Names of all generated files. */
export const FILES = [...Object.keys(WHOLE), ...Object.keys(IN_PART)];

/**
 * @param {string} [root] folder of a checkout
 * @returns {Promise<{name: string, text: string}[]>} the files that are out of date, with their right text
 */
export async function staleFiles(root = paths.root) {
  const declarations = await loadDeclarations();
  const textAt = (/** @type {string} */ name) => {
    const path = join(root, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  const whole = Object.entries(WHOLE).map(async ([name, textOf]) => ({ name, text: await textOf(declarations) }));
  const inPart = Object.entries(IN_PART).flatMap(([name, textOf]) => {
    const text = textAt(name);
    return text === undefined ? [] : [{ name, text: textOf(declarations, text) }];
  });
  return [...(await Promise.all(whole)), ...inPart].filter(({ name, text }) => text !== textAt(name));
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
