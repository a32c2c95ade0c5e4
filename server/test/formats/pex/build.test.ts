import { createHash, randomBytes } from 'node:crypto';
import { appendFile, copyFile, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifest } from '../../../src/contract/manifest.js';
import type { Distribution } from '../../../src/contract/snapshot.js';
import { INTERPRETER, NEVER, Workshop, handMade, large, snapshotOf, buildArtifact } from '../fixtures.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.remove());

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

describe('the same environment', () => {
  test('gives the same bytes, whoever installed it, wherever it lies, from whatever cache', async () => {
    const requirements = ['markupsafe==3.0.2', 'idna==3.10', await workshop.wheel()];
    const byPip = await workshop.build(await workshop.venv('pip', 'pip', requirements), 'pip.pex');
    const byUv = await workshop.build(
      await workshop.venv('a much longer path, with spaces and ümlauts', 'uv', requirements),
      'uv.pex'
    );
    expect(byUv.plan.id).toBe(byPip.plan.id);
    const again = await buildArtifact(byUv.plan, { cache: await workshop.emptyCache('cache-uv'), signal: NEVER });
    expect(again.builtSegments).toBe(3);
    const { path } = byPip;
    expect(sha256(await buffer(again.payload.open()))).toBe(sha256(await readFile(path)));
    expect(await buffer(again.manifestPayload.open())).toEqual(await buffer(byPip.built.manifestPayload.open()));
  });
});

describe('identity', () => {
  test('changes with content, execute bit, settings, python and seed; not with what stays home', async () => {
    const site = workshop.path('identity');
    const one = await handMade(site, 'one', { 'one.txt': '1\n' });
    const spark = { ...(await handMade(site, 'pyspark', { 'pyspark/x.py': '' })), version: '4.0.0' };
    const base = await workshop.plan(snapshotOf([one, spark]));
    const patched = (changes: object): Distribution => ({
      ...one,
      files: one.files.map(file => (file.path === 'one.txt' ? { ...file, ...changes } : file))
    });
    const ids = await Promise.all(
      [
        workshop.plan(snapshotOf([patched({ sha256: '0'.repeat(64) }), spark])),
        workshop.plan(snapshotOf([patched({ executable: true }), spark])),
        workshop.plan(snapshotOf([patched({ path: 'two.txt' }), spark])),
        workshop.plan(snapshotOf([one, spark], { ...INTERPRETER, minor: '3.12' })),
        workshop.plan(snapshotOf([one, spark], { ...INTERPRETER, platformTag: 'linux_aarch64' })),
        workshop.plan(snapshotOf([one, spark]), { excludes: ['One'] }),
        workshop.plan(snapshotOf([one, spark]), { includeSpark: true }),
        workshop.plan(snapshotOf([one, spark]), { seed: { ...workshop.seed, modules: [] } }),
        workshop.plan(snapshotOf([one, spark]), { seed: { ...workshop.seed, main: `${workshop.seed.main}#` } }),
        workshop.plan(snapshotOf([one, spark]), { seed: { ...workshop.seed, node: [] } })
      ].map(async plan => (await plan).id)
    );
    expect(new Set([base.id, ...ids]).size).toBe(ids.length + 1);
    expect(base.id).toMatch(/^env-[0-9a-f]{20}$/);
    const other = snapshotOf([one, { ...spark, version: '4.1.0', files: [] }], { ...INTERPRETER, prefix: '/other' });
    expect((await workshop.plan(other)).id).toBe(base.id);
    const unmatched = await workshop.plan(snapshotOf([one, spark]), { excludes: ['No_Such', 'pyspark'] });
    expect(unmatched.id).toBe(base.id);
    expect(unmatched.findings).toEqual([expect.objectContaining({ kind: 'unmatched-exclude', subject: 'No_Such' })]);
  });

  test('an environment with nothing but editables gives an artifact with the runtime', async () => {
    const python = workshop.path('empty', 'bin', 'python');
    await execa('uv', ['--quiet', 'venv', workshop.path('empty')]);
    const made = await workshop.build(python, 'empty.pex');
    const { stdout } = await execa(made.path, ['-c', 'import ship_env_runtime; print("here")'], {
      env: workshop.nodeEnvironment('node-empty'),
      extendEnv: false
    });
    expect(stdout).toBe('here');
  });
});

describe('the manifest', () => {
  test('says where each segment is, and of what', async () => {
    const site = workshop.path('manifest');
    const distributions = [
      await handMade(site, 'small', { 'small.py': 's' }),
      await handMade(site, 'bigger', { 'bigger.py': 'b'.repeat(5000) })
    ];
    const { built, path, plan } = await workshop.assemble(snapshotOf(distributions), 'manifest.pex');
    const file = await readFile(path);
    const parsed = manifest.parse(JSON.parse((await buffer(built.manifestPayload.open())).toString()));
    expect(parsed).toEqual(built.manifest);
    expect(parsed.artifact).toEqual({ name: `${plan.id}.pex`, bytes: file.length, sha256: sha256(file) });
    expect(parsed.segments.map(({ name }) => name)).toEqual(['bigger', 'small']);
    for (const { offset, length, sha256: expected, wheel } of parsed.segments) {
      const range = file.subarray(offset, offset + length);
      expect(sha256(range)).toBe(expected);
      expect(range.readUInt32LE(0)).toBe(0x04034b50);
      expect(range.subarray(30, 30 + 6 + wheel.length).toString()).toBe(`.deps/${wheel}`);
      expect(sha256(await buffer(built.payload.open({ start: offset, end: offset + length })))).toBe(expected);
    }
  });
});

describe('the head', () => {
  test('is the same whatever the environment holds, and the segments follow it without a gap', async () => {
    const site = workshop.path('head');
    const one = await handMade(site, 'one', { 'one.py': '1\n' });
    const two = await handMade(site, 'two', { 'two.py': '2\n'.repeat(5000) });
    const made = [
      await workshop.assemble(snapshotOf([one]), 'head-1.pex'),
      await workshop.assemble(snapshotOf([one, two]), 'head-2.pex')
    ];
    const [first, second] = made.map(({ built }) => built.manifest.head);
    expect(first).toEqual(second);
    for (const { path, built } of made) {
      const { head, segments } = built.manifest;
      expect(sha256((await readFile(path)).subarray(0, head.length))).toBe(head.sha256);
      expect(segments.map(({ offset }) => offset)).toEqual(
        segments.map((_, at) => segments.slice(0, at).reduce((sum, { length }) => sum + length, head.length))
      );
    }
  });
});

test('the last bytes of an artifact are its id, where the header and every zip tool find it', async () => {
  const one = await handMade(workshop.path('comment'), 'one', { 'one.py': '1\n' });
  const { path, plan } = await workshop.assemble(snapshotOf([one]), 'comment.pex');
  const code = 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).comment.decode())';
  expect((await execa('python', ['-c', code, path])).stdout).toBe(`ship-env:${plan.id}`);
  expect((await execa('tail', ['-c', '24', path])).stdout).toBe(plan.id);
});

describe('the cache', () => {
  test('gives the artifact back, and its segments to the next one', async () => {
    const site = workshop.path('reuse');
    const [one, two] = [await handMade(site, 'one', { 'one.py': '1' }), await handMade(site, 'two', { 'two.py': '2' })];
    const cache = await workshop.emptyCache('cache-reuse');
    const first = await buildArtifact(await workshop.plan(snapshotOf([one])), { cache, signal: NEVER });
    expect([first.builtSegments, first.reusedSegments]).toEqual([1, 0]);
    const plan = await workshop.plan(snapshotOf([one, two]));
    const second = await buildArtifact(plan, { cache, signal: NEVER });
    expect([second.builtSegments, second.reusedSegments]).toEqual([1, 1]);
    await rm(site, { recursive: true });
    const third = await buildArtifact(plan, { cache, signal: NEVER });
    expect([third.builtSegments, third.reusedSegments]).toEqual([0, 2]);
    expect(third.manifest).toEqual(second.manifest);
  });

  test('knows the manifest of an artifact that it built before, and reads nothing for it', async () => {
    const one = await handMade(workshop.path('known'), 'one', { 'one.py': '1' });
    const cache = await workshop.emptyCache('cache-known');
    const plan = await workshop.plan(snapshotOf([one]));
    const { manifest: expected } = await buildArtifact(plan, { cache, signal: NEVER });
    const path = cache.path('manifests', `${plan.id}.json`);
    const remembered = await readFile(path, 'utf8');
    // Only this file has this value, so its presence proves that only the file was read.
    await writeFile(path, remembered.replace(expected.artifact.sha256, '0'.repeat(64)));
    const { artifact } = (await buildArtifact(plan, { cache, signal: NEVER })).manifest;
    expect(artifact.sha256).toBe('0'.repeat(64));
    for (const damage of ['', remembered.slice(0, 100), remembered.replace(/"offset": (\d+)/u, '"offset": 1$1')]) {
      await writeFile(path, damage);
      expect((await buildArtifact(plan, { cache, signal: NEVER })).manifest).toEqual(expected);
      expect(await readFile(path, 'utf8')).toBe(remembered);
    }
  });

  test.each(['cut short', 'changed', 'emptied'])('is not believed when a segment was %s', async damage => {
    const one = await handMade(workshop.path(`damaged ${damage}`), 'one', { 'one.py': randomBytes(5000) });
    const cache = await workshop.emptyCache(`cache-damaged ${damage}`);
    const plan = await workshop.plan(snapshotOf([one]));
    const whole = await buildArtifact(plan, { cache, signal: NEVER });
    const expected = await buffer(whole.payload.open());
    const path = cache.path('segments', plan.content.segments[0]?.key ?? '');
    const content = await readFile(path);
    content.writeUInt8(content.readUInt8(2000) ^ 1, 2000);
    await writeFile(path, { 'cut short': content.subarray(0, 3000), changed: content, emptied: '' }[damage] ?? '');
    await rm(cache.path('manifests', `${plan.id}.json`));
    const again = await buildArtifact(plan, { cache, signal: NEVER });
    expect(again.manifest).toEqual(whole.manifest);
    expect((await buffer(again.payload.open())).equals(expected)).toBe(true);
  });

  test('builds once for two who ask at once, each with a cache object of its own', async () => {
    const site = workshop.path('twice');
    const plan = await workshop.plan(snapshotOf([await large(site, 'slow', 20 << 20)]));
    const outcomes = await Promise.all(
      [1, 2].map(async () => buildArtifact(plan, { cache: await workshop.emptyCache('cache-twice'), signal: NEVER }))
    );
    expect(outcomes.map(({ builtSegments }) => builtSegments).sort()).toEqual([0, 1]);
    expect(outcomes[0]?.manifest).toEqual(outcomes[1]?.manifest);
  });
});

describe('a file of the environment', () => {
  test('that was patched ships patched', async () => {
    const python = await workshop.venv('patched', 'uv', ['idna==3.10']);
    const before = await workshop.build(python, 'before.pex');
    await appendFile(
      workshop.path('patched/lib', `python${before.plan.content.interpreter.minor}`, 'site-packages/idna/__init__.py'),
      '\nPATCHED = 1\n'
    );
    const after = await workshop.build(python, 'after.pex');
    expect(after.plan.id).not.toBe(before.plan.id);
    const run = await execa(after.path, ['-c', 'import idna; print(idna.PATCHED)'], {
      env: workshop.nodeEnvironment('node-patched'),
      extendEnv: false
    });
    expect(run.stdout).toBe('1');
  });

  test.each([
    ['small', 1000, 'sm.bin'],
    ['large', 3 << 20, 'lg.bin']
  ])('that changes after the snapshot stops the build, when it is %s', async (kind, size, name) => {
    const site = workshop.path(`changed-${kind}`);
    const distribution = await handMade(site, 'one', { [name]: randomBytes(size) });
    const plan = await workshop.plan(snapshotOf([distribution]));
    const cache = await workshop.emptyCache(`cache-changed-${kind}`);
    const attempt = (): Promise<unknown> => buildArtifact(plan, { cache, signal: NEVER });
    const expected = { code: 'ARTIFACT_FILE_CHANGED', message: expect.stringContaining(`${site}/${name}`) };
    await copyFile(`${site}/${name}`, `${site}/saved`);
    await writeFile(`${site}/${name}`, randomBytes(size));
    await expect(attempt()).rejects.toMatchObject(expected);
    await truncate(`${site}/${name}`, size - 1);
    await expect(attempt()).rejects.toMatchObject(expected);
    await copyFile(`${site}/saved`, `${site}/${name}`);
    await appendFile(`${site}/${name}`, 'x');
    await expect(attempt()).rejects.toMatchObject(expected);
    await rm(`${site}/${name}`);
    await expect(attempt()).rejects.toMatchObject(expected);
    expect(await readdir(`${cache.root}/tmp`)).toEqual([]);
    await copyFile(`${site}/saved`, `${site}/${name}`);
    await attempt();
  });
});
