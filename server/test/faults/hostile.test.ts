import { writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorObject } from '../../src/contract/errors.js';
import { exitOf, startShipEnv } from '../support/bundle.js';
import {
  HOSTILE_FILES,
  READ_FILES,
  hostileEnvironment,
  placeOf,
  replaceBy,
  type HostileEnvironment
} from '../support/hostile-files.js';
import { randomNumbers, sample, Tally } from './tally.js';
import { removeFolder } from '../support/temporary.js';

/** Number of inputs of each kind in the short form. */
const SAMPLE = 8;
const HOURS = 4 * 60 * 60 * 1000;
/** A command that has not ended after this time counts as hanging. */
const HANGS_AFTER_MS = 120_000;

let home: string;
let environment: HostileEnvironment;
beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'ship-env-hostile-')));
  environment = hostileEnvironment(join(home, 'environment'));
});
afterAll(() => removeFolder(home));

/** Makes a dry run as a person does: it must end with a result, or with an error that is not a bug of ours. */
async function expectAnswer(): Promise<void> {
  const python = join(environment.venv, 'bin', 'python');
  const child = startShipEnv(home, [
    ...['ship', '--python', python, '--target', `file://${home}/target`],
    ...['--dry-run', '--json']
  ]);
  const [exited, output] = [exitOf(child), text(child.stdout)];
  child.stderr.resume();
  const hung = new AbortController();
  const code = await Promise.race([
    exited,
    wait(HANGS_AFTER_MS, 'hangs' as const, { signal: hung.signal }).catch(() => null)
  ]);
  hung.abort();
  if (code === 'hangs') {
    child.kill('SIGKILL');
    throw new Error('the command hangs');
  }
  const last = (await output).trim().split('\n').at(-1) ?? '';
  if (code === 0) return;
  expect(code, last).toBe(1);
  const { code: told, message, hint } = errorObject.parse(JSON.parse(last));
  expect(told, message).not.toBe('INTERNAL');
  expect(`${message}${hint}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
}

test(
  'what stands in place of a file that is read ends no command in a bug, and hangs none',
  { timeout: HOURS },
  async () => {
    const tally = new Tally('hostile input');
    const all = READ_FILES.flatMap(file => HOSTILE_FILES.map(hostile => ({ file, hostile })));
    for (const { file, hostile } of sample(all, SAMPLE, randomNumbers())) {
      const putBack = replaceBy(hostile, placeOf(environment, file), file.kind);
      await tally.attempt(`${hostile.name} as ${file.name}`, expectAnswer);
      putBack();
    }
    expect(tally.lost).toEqual([]);
  }
);

/** Lines that no file of a distribution should have. */
const HOSTILE_TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['an absolute path', '/etc/passwd'],
  ['a path that leads out', '../../../../../../etc/passwd'],
  ['a path that leads out in the middle', 'harbour/../../../../../../etc/passwd'],
  ['an empty path', ''],
  ['a path of dots', '././.'],
  ['a drive of Windows', 'C:\\Windows\\win.ini'],
  ['a long path', 'a/'.repeat(3000)],
  ['a long name', 'a'.repeat(70_000)],
  ['control characters', 'har\u001b[31mbour\u0007\r'],
  ['bidi controls', 'har\u202ebour'],
  ['half a pair', 'har\ud83dbour'],
  ['a quote that is never closed', '"har'],
  ['code', "__import__('os').system('touch /tmp/never')"],
  ['deep brackets', '('.repeat(20_000)],
  ['many lines', 'x\n'.repeat(200_000)],
  ['a device', '/dev/zero'],
  ['our own mark', '.ship-env'],
  ['our own folder', '.deps/.ship-env/index.json'],
  ['the configuration of a virtual environment', 'pyvenv.cfg'],
  ['a million columns', ','.repeat(1_000_000)]
];

const TEXT_PLACES: readonly (readonly [name: string, path: string, around: (text: string) => string])[] = [
  ['a line of RECORD', 'harbour-1.0.dist-info/RECORD', text => `harbour.py,,\n${text},,\n`],
  ['a hash of RECORD', 'harbour-1.0.dist-info/RECORD', text => `harbour.py,sha256=${text},3\n`],
  ['the name', 'harbour-1.0.dist-info/METADATA', text => `Metadata-Version: 2.1\nName: ${text}\nVersion: 1.0\n`],
  ['the version', 'harbour-1.0.dist-info/METADATA', text => `Metadata-Version: 2.1\nName: harbour\nVersion: ${text}\n`],
  [
    'a requirement',
    'harbour-1.0.dist-info/METADATA',
    text => `Metadata-Version: 2.1\nName: harbour\nVersion: 1.0\nRequires-Dist: ${text}\n`
  ],
  ['a tag of WHEEL', 'harbour-1.0.dist-info/WHEEL', text => `Wheel-Version: 1.0\nTag: ${text}\n`],
  ['an entry point', 'harbour-1.0.dist-info/entry_points.txt', text => `[console_scripts]\n${text} = harbour:main\n`],
  ['a target of an entry point', 'harbour-1.0.dist-info/entry_points.txt', text => `[console_scripts]\nx = ${text}\n`],
  ['a line of a .pth file', 'stray.pth', text => `${text}\n`],
  ['an import line of a .pth file', 'stray.pth', text => `import ${text}\n`],
  [
    'a mapping of an import hook',
    '__editable___quay_finder.py',
    text => `MAPPING = {'quay': '${text}'}\nNAMESPACES = {}\n`
  ],
  ['a key of an import hook', '__editable___quay_finder.py', text => `MAPPING = {'${text}': '/'}\nNAMESPACES = {}\n`],
  [
    'the address of an editable',
    'quay-1.0.dist-info/direct_url.json',
    text => JSON.stringify({ url: text, dir_info: { editable: true } })
  ]
];

describe('what a file of a distribution says', () => {
  test('ends no command in a bug, and hangs none', { timeout: HOURS }, async () => {
    const tally = new Tally('hostile input');
    const all = TEXT_PLACES.flatMap(place => HOSTILE_TEXTS.map(hostile => ({ place, hostile })));
    for (const { place, hostile } of sample(all, SAMPLE, randomNumbers(1))) {
      const [where, path, around] = place;
      await rm(environment.folder, { recursive: true });
      environment = hostileEnvironment(join(home, 'environment'));
      writeFileSync(join(environment.site, path), around(hostile[1]));
      await tally.attempt(`${hostile[0]} as ${where}`, expectAnswer);
    }
    expect(tally.lost).toEqual([]);
  });

  test('a link that leads nowhere, in a circle or far away does no more', { timeout: HOURS }, async () => {
    const tally = new Tally('hostile input');
    for (const target of ['/nowhere', '.', 'circle', '/', '/etc/shadow', '/proc/self/mem', '/dev/zero', '../../..']) {
      const path = join(environment.site, 'circle');
      await symlink(target, path);
      await tally.attempt(`a link to ${target} in site-packages`, expectAnswer);
      await rm(path);
    }
    expect(tally.lost).toEqual([]);
  });
});
