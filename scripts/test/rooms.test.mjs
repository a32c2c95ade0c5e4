import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { paths } from '../lib/paths.mjs';
import { EQUALS, ROOMS, roomRules } from '../lint/rooms.mjs';

/**
 * The messages of the linter about one line in a file of a room.
 *
 * @param {string} file
 * @param {string} line
 */
function told(file, line) {
  const parser = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } };
  return new Linter({ configType: 'flat' }).verify(line, [parser, ...roomRules()], { filename: file });
}

describe('the rooms of server/src', () => {
  it('are those of the table', () => {
    const folders = readdirSync(join(paths.root, 'server', 'src'), { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name);
    expect(Object.keys(ROOMS).sort()).toEqual(folders.sort());
  });

  it('are imported from above only, so that there is no circle', () => {
    const order = Object.keys(ROOMS);
    for (const [room, below] of Object.entries(ROOMS)) {
      for (const other of below)
        expect(order.indexOf(other), `${room} imports ${other}`).toBeLessThan(order.indexOf(room));
    }
  });

  it.each([
    ['content/stay-home.ts', "import { FORMATS } from '../formats/registry.js';"],
    ['content/segments/segment.ts', "import type { Target } from '../../targets/target.js';"],
    ['formats/pex/build.ts', "import type { Target } from '../../targets/target.js';"],
    ['targets/s3/access.ts', "import { FORMATS } from '../../formats/registry.js';"],
    ['targets/s3/delta/copy.ts', "import { statOf } from '../../directory/stat.js';"],
    ['memo/looks.ts', "import { normalizeName } from '../python/names.js';"],
    ['contract/ship.ts', "import { count } from '../text/count.js';"],
    ['trust/compare.ts', "import { ship } from '../ship/ship.js';"]
  ])('refuse an import that the table does not list: %s', (file, line) => {
    expect(told(`server/src/${file}`, line)).toEqual([expect.objectContaining({ ruleId: 'no-restricted-imports' })]);
  });

  it.each([
    ['content/stay-home.ts', "import { normalizeName } from '../python/names.js';"],
    ['targets/s3/delta/copy.ts', "import { newMd5 } from '../md5.js';"],
    ['ship/ship.ts', "import { openTarget } from '../targets/index.js';"],
    ['targets/target.ts', "import { ShipEnvError } from '../errors.js';"]
  ])('allow the others: %s', (file, line) => {
    expect(told(`server/src/${file}`, line)).toEqual([]);
  });

  it('stand in docs/architecture.md as they are', () => {
    const page = readFileSync(join(paths.root, 'docs', 'architecture.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z]+)\/` \| [^|]+ \| ([^|]*) \|$/gm)];
    const shown = Object.fromEntries(
      rows.map(([, room = '', below = '']) => [room, (below.match(/[a-z]+/g) ?? []).filter(word => word !== 'none')])
    );
    expect(shown).toEqual(Object.fromEntries(Object.entries(ROOMS).map(([room, below]) => [room, [...below].sort()])));
  });
});

describe('the words of one kind', () => {
  it.each(EQUALS)('stand in its own folder of %s only', room => {
    expect(strayWords(room)).toEqual([]);
  });
});

/** Words of one kind, and the files that may use them: lists of all kinds, and files with an example for a person. */
const WORDS = { formats: /\bpex\b|Pex\b|PEX\b/, targets: /\bs3[A-Z]|\bS3[A-Z]|etag\b|ETag\b/, deployments: /\byarn\b/ };
const LISTS = [
  /\/contract\//,
  /\/formats\/registry\.ts$/,
  /\/targets\/index\.ts$/,
  /\/deployments\/(?:registry|unsupported)\.ts$/,
  /\/deployments\/spark\//,
  /\/settings\//,
  /\/cli\//,
  // The folder of a container has this name since the first format.
  /\/formats\/node-start\.ts$/,
  /\/sidecar\/app\.ts$/,
  // The tool leaves a folder of this name in environments.
  /\/content\/segments\/plan\/dist-info\.ts$/
];

/**
 * Lines of code, without comments, that name one kind outside of its folder.
 *
 * @param {string} room
 */
function strayWords(room) {
  const word = WORDS[/** @type {keyof typeof WORDS} */ (room)];
  const source = join(paths.root, 'server', 'src');
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !/^(?:formats\/pex|targets\/s3|deployments\/yarn)\//.test(name))
    .filter(name => !LISTS.some(list => list.test(`/${name}`)))
    .flatMap(name =>
      withoutComments(readFileSync(join(source, name), 'utf8'))
        .filter(line => word.test(line))
        .map(line => `${name}: ${line.trim()}`)
    );
}

/** @param {string} text */
function withoutComments(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .map(line => line.replace(/(^|\s)\/\/.*$/, ''));
}
