import { randomBytes } from 'node:crypto';
import { copyFile, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifest } from '../../../src/contract/manifest.js';
import type { Distribution, Snapshot } from '../../../src/contract/snapshot.js';
import { archiveFormat } from '../../../src/formats/archive/format.js';
import { Cache } from '../../../src/system/cache/cache.js';
import type { ArtifactPlan } from '../../../src/formats/format.js';
import type { CacheKind } from '../../../src/system/cache/kinds.js';
import { gate } from '../../support/gate.js';
import { HOSTILE_NAMES } from '../../support/hostile-names.js';
import { INTERPRETER, NEVER, Workshop, buildArtifact, handMade, snapshotOf } from '../fixtures.js';
import { assemble, planOf, unpack } from './workshop.js';

const SITE = `lib/python${INTERPRETER.minor}/site-packages`;

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.remove());

/** Builds and unpacks; returns the folder. */
async function unpacked(name: string, snapshot: Snapshot): Promise<string> {
  const { path } = await assemble(snapshot, workshop.path(`${name}.tar.gz`), workshop);
  await unpack(path, workshop.path(`${name} unpacked`));
  return workshop.path(`${name} unpacked`);
}

describe('identity', () => {
  test('changes with content, execute bit, name and python; not with what stays home', async () => {
    const site = workshop.path('identity');
    const one = await handMade(site, 'one', { 'one.txt': '1\n' });
    const spark = { ...(await handMade(site, 'pyspark', { 'pyspark/x.py': '' })), version: '4.0.0' };
    const idOf = async (snapshot: Snapshot): Promise<string> => (await planOf(snapshot, workshop)).id;
    const patched = (changes: object): Distribution => ({
      ...one,
      files: one.files.map(file => (file.path === 'one.txt' ? { ...file, ...changes } : file))
    });
    const ids = await Promise.all([
      idOf(snapshotOf([one, spark])),
      idOf(snapshotOf([patched({ sha256: '0'.repeat(64) }), spark])),
      idOf(snapshotOf([patched({ executable: true }), spark])),
      idOf(snapshotOf([patched({ path: 'two.txt' }), spark])),
      idOf(snapshotOf([one, spark], { ...INTERPRETER, minor: '3.12' })),
      idOf(snapshotOf([one, spark], { ...INTERPRETER, version: '3.11.0' })),
      idOf(snapshotOf([one, spark], { ...INTERPRETER, executable: '/bin/sh' }))
    ]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^env-[0-9a-f]{20}$/);
    await expect(idOf(snapshotOf([one]))).resolves.toBe(ids[0]);
    await expect(workshop.plan(snapshotOf([one]))).resolves.not.toMatchObject({ id: ids[0] });
  });
});

describe('the manifest', () => {
  test('says where each segment is, and a plan finds what is otherwise', async () => {
    const site = workshop.path('manifest');
    const snapshot = snapshotOf([
      await handMade(site, 'small', { 'small.py': 's' }),
      await handMade(site, 'bigger', { 'bigger.bin': randomBytes(50_000) })
    ]);
    const { built, path, plan } = await assemble(snapshot, workshop.path('manifest.tar.gz'), workshop);
    const parsed = manifest.parse(JSON.parse((await buffer(built.manifestPayload.open())).toString()));
    expect(parsed).toMatchObject({ format: 'archive', hasInterpreter: false, id: plan.id });
    expect(parsed.artifact).toMatchObject({ name: `${plan.id}.tar.gz`, bytes: (await readFile(path)).length });
    expect(parsed.segments.map(({ name }) => name)).toEqual(['bigger', 'small']);
    expect(archiveFormat.files(parsed)).toEqual([{ name: `${plan.id}.tar.gz`, isExecutable: false }]);
    expect(archiveFormat.inconsistencyOf(parsed)).toBeUndefined();
    expect(plan.differenceFrom(parsed)).toBeUndefined();
    const otherwise = [
      { ...parsed, hasInterpreter: true },
      { ...parsed, format: 'pex', entries: 9 },
      { ...parsed, head: { ...parsed.head, sha256: '0'.repeat(64) } },
      { ...parsed, segments: parsed.segments.slice(1) },
      { ...parsed, python: { ...parsed.python, minor: '3.12' } }
    ];
    for (const each of otherwise) expect(plan.differenceFrom(manifest.parse(each))).toBeDefined();
    // Each segment is a sequence of complete gzip members.
    for (const { offset, length } of parsed.segments) {
      const { stdout } = await execa('gzip', ['-dc'], {
        input: await buffer(built.payload.open({ start: offset, end: offset + length })),
        encoding: 'buffer'
      });
      expect(stdout.length % 512).toBe(0);
    }
  });
});

describe('while an archive is built', () => {
  async function twoSegments(name: string): Promise<ArtifactPlan> {
    const site = workshop.path(name);
    const snapshot = snapshotOf([
      await handMade(site, 'small', { 'small.py': `s = ${name.length}` }),
      await handMade(site, 'bigger', { 'bigger.bin': randomBytes(50_000), 'bigger.py': '' })
    ]);
    return planOf(snapshot, workshop);
  }

  test('the first segment can be sent before the last one is compressed', async () => {
    const plan = await twoSegments('overlap');
    const held = gate();
    const last = plan.content.segments[1];
    if (last === undefined) throw new Error('The plan was to have two segments.');
    const { whole } = last;
    Object.assign(last, { whole: () => held.promise.then(whole) });
    const build = plan.build({ cache: workshop.cache, signal: NEVER });
    const spans = build.spans()[Symbol.asyncIterator]();
    await spans.next();
    const first = await spans.next();
    expect(first.done).toBe(false);
    held.open();
    await expect(build.complete()).resolves.toMatchObject({ builtSegments: 2 });
  });

  test('progress grows, and is complete only when all is done', async () => {
    const plan = await twoSegments('progress');
    const seen: [done: number, total: number][] = [];
    const build = plan.build({
      ...{ cache: workshop.cache, signal: NEVER },
      onProgress: ({ doneBytes, totalBytes }) => seen.push([doneBytes, totalBytes])
    });
    await build.complete();
    const amounts = seen.map(([done]) => done);
    expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
    expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1]);
    expect(amounts.filter(done => done === seen.at(-1)?.[1]).length).toBeLessThan(3);
    expect(new Set(seen.map(([, total]) => total)).size).toBe(1);
  });
});

describe('of two files of one name', () => {
  // The larger distribution comes first in the archive, and a later file would overwrite it.
  test.each(['one', 'two'])('the first site directory on the path wins, also when %s is larger', async larger => {
    const [own, base] = [workshop.path(`own ${larger}`), workshop.path(`base ${larger}`)];
    const weight = (name: string): Buffer => randomBytes(name === larger ? 100_000 : 1);
    const shadowing = await handMade(own, 'one', {
      'shared/x.py': 'WHO = "own"\n',
      'one.bin': weight('one'),
      'shared/data.txt': 'own'
    });
    const shadowed = await handMade(base, 'two', {
      'shared/x.py': 'WHO = "base"\n',
      'shared/y.py': 'WHO = "base"\n',
      'two.bin': weight('two'),
      'shared/data.txt': 'base'
    });
    const interpreter = {
      ...INTERPRETER,
      siteDirectories: [
        { path: own, layer: 'environment' as const },
        { path: base, layer: 'base' as const }
      ]
    };
    const folder = await unpacked(`ranks ${larger}`, snapshotOf([shadowed, shadowing], interpreter));
    const { stdout } = await execa(INTERPRETER.executable, ['-c', 'from shared import x, y; print(x.WHO, y.WHO)'], {
      env: { PYTHONPATH: join(folder, SITE) }
    });
    expect(stdout).toBe('own base');
    await expect(readFile(join(folder, SITE, 'shared/data.txt'), 'utf8')).resolves.toBe('own');
    const record = await readFile(join(folder, SITE, 'two-1.0.dist-info/RECORD'), 'utf8');
    expect(record).toContain('shared/y.py');
    expect(record).not.toContain('shared/x.py');
  });

  test('a script that is on the disk goes before one that is only declared', async () => {
    const site = workshop.path('scripts', INTERPRETER.prefix, SITE);
    const listed = await handMade(site, 'listed', { '../../../bin/go': '#!/bin/sh\necho listed\n' });
    const declared = await handMade(site, 'declared', {
      'declared.bin': randomBytes(100_000),
      'declared-1.0.dist-info/entry_points.txt': '[console_scripts]\ngo = declared:main\n'
    });
    const folder = await unpacked(
      'scripts',
      snapshotOf([declared, listed], { ...INTERPRETER, siteDirectories: [{ path: site, layer: 'environment' }] })
    );
    await expect(readFile(join(folder, 'bin/go'), 'utf8')).resolves.toContain('echo listed');
  });
});

test('names that would leave the archive, or that no file can have, do not ship', async () => {
  const one = await handMade(workshop.path('hostile'), 'one', { 'one.py': '' });
  const [file] = one.files;
  const files = [...one.files, ...HOSTILE_NAMES.map(({ name }) => ({ ...file!, path: `folder/${name}` }))];
  const folder = await unpacked(
    'hostile',
    snapshotOf([{ ...one, files: files.filter(each => !each.path.includes('har/bour')) }])
  );
  await expect(readdir(join(folder, SITE))).resolves.not.toContain('folder');
  await expect(readdir(workshop.folder)).resolves.not.toContain('escaped');
});

describe('a damaged file of the cache is made anew', () => {
  const damages = ['cut short', 'changed', 'emptied', 'gone'] as const;
  const kinds = ['archived', 'segments'] as const satisfies CacheKind[];
  const cases = kinds.flatMap(kind => damages.map(damage => ({ kind, damage })));

  test.each(cases)('$kind, $damage', async ({ kind, damage }) => {
    const name = `${kind} ${damage}`;
    const snapshot = snapshotOf([
      await handMade(workshop.path(name), 'one', { 'one.bin': randomBytes(50_000), 'one.py': 'x = 1\n' })
    ]);
    const cache = await Cache.open(workshop.path(`cache ${name}`));
    const plan = await planOf(snapshot, { cache });
    const bytes = async (): Promise<Buffer> =>
      buffer((await buildArtifact(plan, { cache, signal: NEVER })).payload.open());
    const before = await bytes();
    const [path = ''] = await filesOf(cache, kind);
    const content = await readFile(path);
    // A byte in the middle, within the compressed data.
    content[content.length >> 1]! ^= 0xff;
    if (damage === 'gone') await rm(path);
    else if (damage === 'cut short') await truncate(path, 3000);
    else await writeFile(path, damage === 'emptied' ? '' : content);
    await rm(cache.folderOf('manifests'), { recursive: true });
    // The zip entries are not read when the tar entries exist.
    if (kind === 'segments') await rm(cache.folderOf('archived'), { recursive: true });
    expect((await bytes()).equals(before)).toBe(true);
    await copyFile(path, workshop.path(`${name} mended`));
    expect((await bytes()).equals(before)).toBe(true);
  });
});

async function filesOf(cache: Cache, kind: CacheKind): Promise<string[]> {
  const names = await readdir(cache.folderOf(kind), { recursive: true, withFileTypes: true });
  return names.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
}
