/** Finds the test files that `npm test -- [suite] [path …]` selects. */
import { readdirSync } from 'node:fs';
import { isAbsolute, join, normalize, relative } from 'node:path';
import { ScriptFailure } from '../lib/main.mjs';
import { paths } from '../lib/paths.mjs';
import { SUITES } from './suites.mjs';

/**
 * @typedef {object} Selected
 * @property {string} name of the suite
 * @property {boolean} isWhole
 * @property {string[]} files relative to the checkout, sorted
 */

/**
 * A path belongs to the suite named before it, and selects the test files whose own path contains it. A path before all
 * suite names is searched in all suites. Without arguments everything is selected.
 *
 * @param {readonly string[]} args
 * @returns {Selected[]} in the order of the suites
 * @throws {ScriptFailure} no test file has such a path
 */
export function select(args) {
  const named = new Map(/** @type {[string, string[]][]} */ ([]));
  const everywhere = /** @type {string[]} */ ([]);
  let current = everywhere;
  for (const arg of args) {
    if (arg in SUITES) {
      current = named.get(arg) ?? [];
      named.set(arg, current);
    } else {
      current.push(isAbsolute(arg) ? relative(paths.root, arg) : normalize(arg));
    }
  }
  const known = new Map(Object.keys(SUITES).map(name => [name, testFiles(name)]));
  everywhere.forEach(path => match(path, [...known.values()].flat(), 'any suite'));
  const selected = [...known].map(([name, files]) => {
    const own = named.get(name);
    own?.forEach(path => match(path, files, `the suite '${name}'`));
    const isWhole = args.length === 0 || own?.length === 0;
    const wanted = [...everywhere, ...(own ?? [])];
    return { name, isWhole, files: isWhole ? files : files.filter(file => wanted.some(path => file.includes(path))) };
  });
  return selected.filter(({ files }) => files.length > 0);
}

/**
 * @param {string} path
 * @param {readonly string[]} files
 * @param {string} where
 */
function match(path, files, where) {
  if (!files.some(file => file.includes(path))) {
    const suites = Object.keys(SUITES).join(', ');
    throw new ScriptFailure(`No test file of ${where} has '${path}' in its path. The suites are ${suites}.`);
  }
}

/**
 * @param {string} name of a suite
 * @returns {string[]} relative to the checkout, sorted
 */
export function testFiles(name) {
  const suite = SUITES[name];
  if (suite === undefined) {
    throw new Error(`There is no suite '${name}'.`);
  }
  const names = readdirSync(join(paths.root, suite.folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter(file => suite.isTest.test(file))
    .sort()
    .map(file => join(suite.folder, file));
}
