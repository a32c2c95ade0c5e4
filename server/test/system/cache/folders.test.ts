import { readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { folderInCache, type FolderWork } from '../../../src/system/cache/folders.js';
import { keepWithin } from '../../../src/system/cache/limit.js';
import { temporaryFolder } from '../../support/temporary.js';

const KB = 1000;
const signal = new AbortController().signal;
let cache: Cache;
beforeEach(async () => {
  cache = await Cache.open(await temporaryFolder());
});

const isWhole: FolderWork['isWhole'] = async path => (await readdir(path).catch(() => [])).length === 2;

async function fill(folder: string): Promise<number> {
  for (const name of ['one', 'two']) await writeFile(join(folder, name), Buffer.alloc(KB));
  return 2 * KB;
}

function folder(name: string, work: Partial<FolderWork> = {}): Promise<string> {
  return folderInCache(cache, 'unpacked', name, { isWhole, fill, signal, ...work });
}

test('a folder is filled once, and callers at the same time wait for it', async () => {
  const filling = vi.fn(fill);
  const paths = await Promise.all([folder('aa1', { fill: filling }), folder('aa1', { fill: filling })]);
  expect(new Set(paths)).toEqual(new Set([cache.path('unpacked', 'aa1')]));
  await folder('aa1', { fill: filling });
  expect(filling).toHaveBeenCalledTimes(1);
  expect(cache.takeWrittenBytes()).toBe(2 * KB);
});

test('a folder that is no longer whole, or that is a file, is filled anew', async () => {
  const path = await folder('aa1');
  await writeFile(join(path, 'three'), '');
  await folder('aa1');
  expect((await readdir(path)).sort()).toEqual(['one', 'two']);
});

test('a fill that fails leaves nothing', async () => {
  const failing = async (path: string): Promise<number> => {
    await writeFile(join(path, 'half'), '');
    throw new Error('no more');
  };
  await expect(folder('aa1', { fill: failing })).rejects.toThrow('no more');
  expect(await readdir(join(cache.root, 'tmp'))).toEqual([]);
  await expect(stat(cache.path('unpacked', 'aa1'))).rejects.toThrow('ENOENT');
});

test('the limit of the cache removes a folder as a whole, the one that was not used for longest', async () => {
  const [old, young] = [await folder('aa1'), await folder('bb2')];
  // The files of both are older than the folders; their age does not count.
  for (const path of [old, young]) for (const name of ['one', 'two']) await utimes(join(path, name), 1, 1);
  await utimes(old, 1000, 1000);
  expect(await keepWithin(cache, 3 * KB)).toBe(2 * KB);
  await expect(stat(old)).rejects.toThrow('ENOENT');
  expect(await readFile(join(young, 'two'))).toHaveLength(KB);
  expect(await readdir(join(cache.root, 'tmp'))).toEqual([]);
});
