import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { withCache } from '../../src/ship/with-cache.js';
import { temporaryFolder } from '../support/temporary.js';

// Behaves like a disk that broke meanwhile.
vi.mock('../../src/system/cache/limit.js', () => ({
  keepWithin: () => Promise.reject(new Error('EIO: i/o error, scandir segments'))
}));

test('a ship that went well is not told as failed when the cache cannot be tidied after it', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const warned = once(process, 'warning');
  expect(await withCache(cache, () => Promise.resolve('shipped'))).toBe('shipped');
  expect(await warned).toMatchObject([
    { message: `The local cache ${cache.root} could not be tidied: EIO: i/o error, scandir segments` }
  ]);
});

test('a cache that is gone needs no tidying, and nobody is warned', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const warn = vi.spyOn(process, 'emitWarning');
  const work = async (): Promise<string> => {
    await rm(cache.root, { recursive: true });
    return 'shipped';
  };
  expect(await withCache(cache, work)).toBe('shipped');
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test('what went wrong in a ship is told when the cache cannot be tidied after it either', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const ship = withCache(cache, () => Promise.reject(new Error('The target is full.')));
  await expect(ship).rejects.toThrow('The target is full.');
});
