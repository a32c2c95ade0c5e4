/** Tests `npm run clean` on a copy of its files in a temporary folder. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { paths } from '../lib/paths.mjs';

const INSTALLED = [
  '.cache',
  '.venv',
  'bench/node_modules',
  'node_modules',
  'server/node_modules',
  'ui-tests/node_modules'
];

/** The paths that git ignores by a full name: all output of the repository's own commands is there. */
function ignored() {
  const lines = readFileSync(join(paths.root, '.gitignore'), 'utf8').split('\n');
  const names = lines.filter(line => line !== '' && !line.includes('*') && line !== '__pycache__/');
  const made = names.map(line => (line === '.ipynb_checkpoints/' ? `examples/${line}` : line));
  return [...new Set([...made.map(line => line.replace(/^\/|\/$/g, '')), ...INSTALLED])].sort();
}

/** @param {string[]} args */
function leftAfterClean(args) {
  const root = mkdtempSync(join(tmpdir(), 'ship-env-clean-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const file of ['package.json', 'scripts/clean.mjs', 'scripts/lib/paths.mjs']) {
    cpSync(join(paths.root, file), join(root, file));
  }
  for (const name of ignored()) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), '');
  }
  execFileSync(process.execPath, [join(root, 'scripts', 'clean.mjs'), ...args]);
  expect(existsSync(join(root, 'scripts', 'clean.mjs'))).toBe(true);
  return ignored().filter(name => existsSync(join(root, name)));
}

it('removes what was built and leaves what was installed', () => {
  expect(leftAfterClean([])).toEqual(INSTALLED);
});

it('removes what was installed too with --all', () => {
  expect(leftAfterClean(['--all'])).toEqual([]);
});
