import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';

const FOLDER_OF_PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const RULE = `\n${'-'.repeat(80)}\n\n`;

/**
 * The licences of the packages in a bundle, which most licences require. A text that several packages share appears
 * once, under their names.
 *
 * @param {readonly string[]} inputs files of the bundle, relative to the checkout
 * @returns {string}
 */
export function noticesFor(inputs) {
  const folders = new Set(
    inputs.map(input => FOLDER_OF_PACKAGE.exec(input)?.[1]).filter(folder => folder !== undefined)
  );
  /** @type {Map<string, Set<string>>} */
  const packagesOf = new Map();
  for (const folder of folders) {
    const { title, text } = noticeOf(join(paths.root, folder));
    packagesOf.set(text, (packagesOf.get(text) ?? new Set()).add(title));
  }
  const notices = [...packagesOf].map(([text, titles]) => `${[...titles].sort().join('\n')}\n\n${text}\n`);
  return ['The program beside this file contains code of the following packages.\n', ...notices.sort()].join(RULE);
}

/** @param {string} folder */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder)
    .sort()
    .find(entry => /^licen[cs]e/i.test(entry));
  const text =
    file === undefined ? 'The package has no licence text.' : readFileSync(join(folder, file), 'utf8').trim();
  return { title: `${name} ${version} (${license})`, text };
}
