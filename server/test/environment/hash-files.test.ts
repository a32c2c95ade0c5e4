import { createHash } from 'node:crypto';
import { type Stats, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashEach } from '../../src/environment/distributions/hash-files.js';
import { Disk } from '../../src/system/files/stat-files.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ship-env-hash-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Files of these sizes, each with another content. */
function filesOf(...sizes: readonly number[]): { path: string; stats: Stats; sha256: string }[] {
  return sizes.map((size, index) => {
    const path = join(folder, `${index} of ${size}`);
    const data = Buffer.alloc(size, `${index}.`);
    writeFileSync(path, data);
    return { path, stats: statSync(path), sha256: createHash('sha256').update(data).digest('hex') };
  });
}

describe.each([
  ['fast', 0],
  ['slow', 1000]
])('from a disk that is %s', (_how, msEach) => {
  it('hashes each file once, small or large', async () => {
    const disk = new Disk();
    disk.add(512, 512 * msEach);
    const files = filesOf(0, 1, 65_536, 65_537, 700_000);
    const hashed = new Map<string, object>();
    await hashEach(
      files,
      { signal: new AbortController().signal, disk },
      ({ path }, { sha256, size, before, after }) => {
        expect(hashed.has(path)).toBe(false);
        expect([before.ctimeMs, after.ctimeMs]).toEqual(Array(2).fill(statSync(path).ctimeMs));
        hashed.set(path, { sha256, size });
      }
    );
    const expected = files.map(({ path, sha256, stats }) => [path, { sha256, size: stats.size }]);
    expect(Object.fromEntries(hashed)).toEqual(Object.fromEntries(expected));
  });

  it('says which file could not be read', async () => {
    const disk = new Disk();
    disk.add(512, 512 * msEach);
    const files = filesOf(10);
    const [{ path } = { path: '' }] = files;
    rmSync(path);
    const attempt = hashEach(files, { signal: new AbortController().signal, disk }, () => undefined);
    await expect(attempt).rejects.toMatchObject({ code: 'ENOENT', path });
  });
});

it.each([
  ['small', 10, 10],
  ['large', 70_000, 70_000],
  ['large', 70_000, 10]
])('reads no more %s files when one cannot be read', async (_size, bytes, bytesOfFirst) => {
  const others = filesOf(...Array.from({ length: 100 }, () => bytes));
  const gone = filesOf(bytesOfFirst + 1);
  const files = bytes === bytesOfFirst ? [...gone, ...others] : [...others, ...gone];
  gone.forEach(({ path }) => rmSync(path));
  let hashed = 0;
  const attempt = hashEach(files, { signal: new AbortController().signal, disk: new Disk() }, () => (hashed += 1));
  await expect(attempt).rejects.toMatchObject({ code: 'ENOENT' });
  // Reads under way come to their end.
  await setTimeout(200);
  expect(hashed).toBeLessThan(10);
});

it('can be stopped between small files', async () => {
  const controller = new AbortController();
  const files = filesOf(...Array.from({ length: 5000 }, () => 5));
  let hashed = 0;
  setImmediate(() => controller.abort(new Error('stopped')));
  const attempt = hashEach(files, { signal: controller.signal, disk: new Disk() }, () => (hashed += 1));
  await expect(attempt).rejects.toThrow('stopped');
  expect(hashed).toBeLessThan(5000);
});
