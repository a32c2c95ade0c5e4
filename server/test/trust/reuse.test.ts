import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ArtifactPlan } from '../../src/formats/format.js';
import { Cache } from '../../src/system/cache/cache.js';
import { shipRequest } from '../../src/contract/ship.js';
import type { Snapshot } from '../../src/contract/snapshot.js';
import { planLazily, planWhole } from '../../src/ship/plan.js';
import { type LazySnapshot, lookAtEnvironment, takeSnapshot } from '../../src/environment/index.js';
import { handMade, siteOf, sh, temporaryFolder, tree, uvInstall, uvVenv } from '../environment/fixtures.js';
import { bytesRead, untilNextTick } from '../support/disk.js';

const root = temporaryFolder('ship-env-reuse-');
const venv = join(root, 'venv');
const { signal } = new AbortController();
/** The content of a file that need not be read. */
const BYTES = 13 << 20;
let site = '';
let cache: Cache;
let caches = 0;

const request = shipRequest.parse({ python: venv, target: { name: '', url: 'file:///nowhere' } });
const newCache = (): Promise<Cache> => Cache.open(join(root, `cache ${(caches += 1)}`));

/** The compared facts: everything that a ship, its target and the person see of an environment. */
async function seen(snapshot: Snapshot, { id, name, findings, content }: ArtifactPlan): Promise<object> {
  const segments = await Promise.all(
    content.segments.map(async segment => ({ ...(await segment.whole()), ...segment }))
  );
  const withoutFunctions = segments.map(({ whole: _, ...segment }) => segment);
  return { snapshot, plan: { id, name, findings, interpreter: content.interpreter, segments: withoutFunctions } };
}

/** The facts about an environment, found with an empty cache. */
async function fromNothing(): Promise<object> {
  const cache = await newCache();
  const snapshot = await takeSnapshot({ python: venv, cache, signal });
  return seen(snapshot, await planWhole(snapshot, request, { cache, signal }));
}

/** Distributions whose files the plan needed. */
function counted(look: LazySnapshot): { look: LazySnapshot; asked: string[] } {
  const asked: string[] = [];
  const distributions = look.distributions.map(distribution => ({
    ...distribution,
    whole: () => {
      asked.push(distribution.normalizedName);
      return distribution.whole();
    }
  }));
  return { look: { ...look, distributions }, asked };
}

/** The snapshot of a ship, and the distributions that it read. */
async function ship(): Promise<{ seen: object; asked: string[] }> {
  const { look, asked } = counted(await lookAtEnvironment({ python: venv, cache, signal }));
  const plan = await (await planLazily(look, request, { cache, signal })).whole();
  const planned = [...asked];
  const { state: _, distributions, ...rest } = look;
  const whole = { ...rest, distributions: await Promise.all(distributions.map(each => each.whole())) };
  return { seen: await seen(whole, plan), asked: planned.sort() };
}

/** Files are copied: a hard link into uv's cache changes whenever another environment links to the same file. */
const install = (...what: string[]): void => uvInstall(venv, '--link-mode', 'copy', ...what);

const row = (path: string, content: string): string =>
  `${path},sha256=${createHash('sha256').update(content).digest('base64url')},${content.length}\n`;

/** Overwrites a file, like an editor that saves in place, and restores its times. */
function edit(path: string, change: (text: string) => string): void {
  const times = join(root, 'times');
  sh('touch', '-r', path, times);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  sh('touch', '-r', times, path);
}

beforeAll(async () => {
  uvVenv(venv);
  site = siteOf(venv);
  install('idna==3.10', 'charset-normalizer==3.4.0');
  tree(site, { 'stray.py': '', 'bare.py': 'x = 1\n' });
  handMade(site, 'first', '1.0', { 'first.py': 'x = 1\n' }, `first.py,,\n${row('shared.py', 'x = 2\n')}`);
  handMade(site, 'second', '1.0', { 'second.py': 'x = 1\n' }, 'second.py,,\nshared.py,,\ngone.py,,\n');
  handMade(site, 'wordy', '1.0', { 'wordy.py': '' }, 'wordy.py,,\n');
  appendFileSync(join(site, 'wordy-1.0.dist-info', 'METADATA'), `\n${'Much to say. '.repeat(BYTES / 13)}\n`);
  untilNextTick(root);
  // The file is newer than RECORD, whose hashes are trusted only for older files.
  writeFileSync(join(site, 'shared.py'), 'x = 3\n');
  untilNextTick(root);
  cache = await newCache();
  await ship();
});

/** Changes of an environment, in this order, and the distributions that must be read after each. */
const CHANGES: [what: string, change: () => void, lookedInto: string[]][] = [
  ['nothing', () => undefined, []],
  ['one is added', () => install('iniconfig==2.0.0'), ['iniconfig']],
  ['one gets another version', () => install('idna==3.9'), ['idna']],
  ['one is removed', () => sh('uv', 'pip', 'uninstall', '--python', venv, 'iniconfig'), []],
  [
    'a file is edited in place, its size and times put back',
    () => edit(join(site, 'idna', 'core.py'), text => text.replace('import', 'IMPORT')),
    ['idna']
  ],
  [
    'the same file once more',
    () => edit(join(site, 'idna', 'core.py'), text => text.replace('IMPORT', 'import')),
    ['idna']
  ],
  [
    'a script may not be executed any more',
    () => chmodSync(join(venv, 'bin', 'normalizer'), 0o644),
    ['charset-normalizer']
  ],
  ['a file is gone', () => unlinkSync(join(site, 'second.py')), ['second']],
  ['one that listed a patched file of another is gone', () => removeInfo('second-1.0'), []],
  ['and is there again', () => handMade(site, 'second', '1.0', {}, 'shared.py,,\n'), ['second']],
  ['a newer one of a name appears', () => handMade(site, 'first', '2.0', {}, 'first.py,,\n'), ['first']],
  ['and goes again', () => removeInfo('first-2.0'), ['first']],
  ['one has no list of its files', () => handMade(site, 'bare', '1.0', {}, undefined), ['bare']],
  ['another one lists them', () => handMade(site, 'owner', '1.0', {}, 'bare.py,,\n'), ['bare', 'owner']],
  [
    'the other one lists them no more',
    () => writeFileSync(join(site, 'owner-1.0.dist-info', 'RECORD'), 'owner.py,,\n'),
    ['bare', 'owner']
  ],
  ['a module of nobody gets an owner', () => handMade(site, 'late', '1.0', {}, 'stray.py,,\n'), ['bare', 'late']]
];

function removeInfo(stem: string): void {
  rmSync(join(site, `${stem}.dist-info`), { recursive: true });
}

test('who else lists a patched file is told', async () => {
  const { findings } = await lookAtEnvironment({ python: venv, cache, signal });
  const patched = findings.filter(({ kind }) => kind === 'patched-file');
  expect(patched).toMatchObject([
    { subject: 'shared.py', message: expect.stringContaining('and second lists it too') }
  ]);
});

describe('after a change only what changed is looked into, and the rest is as if all had been', () => {
  test.each(CHANGES)('%s', async (_what, change, lookedInto) => {
    change();
    untilNextTick(root);
    const { asked, ...found } = await ship();
    expect(asked).toEqual(lookedInto);
    expect(found.seen).toEqual(await fromNothing());
    expect(await ship()).toEqual({ asked: [], seen: found.seen });
  });

  test('a site directory more, on which the places of files depend', async () => {
    const vendor = tree(join(venv, 'vendor'), { 'vendored.py': '', 'listed.py': '' });
    handMade(vendor, 'vendored', '1.0', {}, 'vendored.py,,\n');
    handMade(site, 'placed', '1.0', {}, '../../../vendor/listed.py,,\n');
    untilNextTick(root);
    const { seen: before } = await ship();
    writeFileSync(join(site, 'vendor.pth'), `${vendor}\n`);
    untilNextTick(root);
    const { seen: after } = await ship();
    expect(JSON.stringify(before)).toContain('.prefix/data/vendor/listed.py');
    expect(JSON.stringify(after)).not.toContain('.prefix/data/vendor/listed.py');
    expect(after).toEqual(await fromNothing());
  });
});

test('what changed after it was planned is not compressed under the name of what was planned', async () => {
  await ship();
  const look = await lookAtEnvironment({ python: venv, cache, signal });
  const plan = await (await planLazily(look, request, { cache, signal })).whole();
  const segment = plan.content.segments.find(({ name }) => name === 'idna');
  edit(join(site, 'idna', 'core.py'), text => text.replace('import', 'IMPORT'));
  await expect(segment?.whole()).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
});

test('of what did not change no file is read', async () => {
  await ship();
  handMade(site, 'tiny', '1.0', { 'tiny.py': '' }, 'tiny.py,,\n');
  untilNextTick(root);
  const before = bytesRead();
  const look = await lookAtEnvironment({ python: venv, cache, signal });
  await planLazily(look, request, { cache, signal });
  expect(bytesRead() - before).toBeLessThan(BYTES);
});

/** The only cached file of a kind. */
async function fileOf(kind: string): Promise<string> {
  const folder = join(cache.root, kind);
  const paths = (await readdir(folder, { recursive: true })).map(name => join(folder, name));
  const [only, ...others] = paths.filter(path => statSync(path).isFile());
  if (only === undefined || others.length > 0) throw new Error(`One file was expected in ${folder}.`);
  return only;
}

describe.each(['snapshots', 'outlines'])('what was kept and is damaged is as good as absent: %s', kind => {
  test.each<[string, (content: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut', content => content.subarray(0, content.length / 2)],
    [
      'one letter of a version is another',
      content => Buffer.from(content.toString('latin1').replace('3.9', '3.8'), 'latin1')
    ]
  ])('%s', async (_how, damage) => {
    cache = await newCache();
    await ship();
    const path = await fileOf(kind);
    writeFileSync(path, damage(readFileSync(path)));
    const { asked, seen: found } = await ship();
    expect(asked).toContain('idna');
    expect(found).toEqual(await fromNothing());
  });
});
