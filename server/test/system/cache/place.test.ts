import { mkdir, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { gate } from '../../support/gate.js';
import { temporaryFolder } from '../../support/temporary.js';

vi.mock('node:fs/promises', { spy: true });

const never = new AbortController().signal;

test('a folder of the cache that is a link to a disk which is not mounted is told, and the link stays', async () => {
  const cache = await Cache.open(join(await temporaryFolder(), 'cache'));
  const link = join(cache.root, 'code');
  await symlink('/nowhere/disk', link);
  const attempt = cache.entry('code', 'abc.zip', path => writeFile(path, 'content'));
  await expect(attempt).rejects.toMatchObject({
    code: 'CACHE_UNUSABLE',
    message: expect.stringContaining(`${link} was expected to be a folder of the cache; it is a link to /nowhere/disk`),
    hint: expect.stringContaining('Mount the disk')
  });
  await expect(cache.replace('code', 'abc.zip.json', '{}')).rejects.toMatchObject({
    hint: expect.stringContaining('Mount the disk')
  });
  expect(await readlink(link)).toBe('/nowhere/disk');
});

test('what cannot be looked at for another reason than that it is not there stays', async () => {
  const cache = await Cache.open(join(await temporaryFolder(), 'cache'));
  const code = join(cache.root, 'code');
  await mkdir(join(code, 'v2'), { recursive: true });
  await writeFile(join(code, 'v2', 'ab'), 'in place of a folder');
  vi.mocked(stat).mockImplementation(() => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })));
  onTestFinished(() => void vi.mocked(stat).mockReset());
  const attempt = cache.entry('code', 'abc.zip', path => writeFile(path, 'content'));
  await expect(attempt).rejects.toMatchObject({ code: 'EIO' });
  expect(await readdir(code, { recursive: true })).toEqual(['v2', 'v2/ab']);
});

test('a lock that is held stays, also when something came into it', async () => {
  const cache = await Cache.open(join(await temporaryFolder(), 'cache'));
  const inside = join(cache.root, 'locks', 'target.lock', '.DS_Store');
  const order: string[] = [];
  const told = gate();
  const held = gate();
  const first = cache.exclusively('target', never, async () => {
    await writeFile(inside, '');
    held.open();
    await told.promise;
    await rm(inside);
    order.push('first');
  });
  await held.promise;
  const second = (): Promise<unknown> => Promise.resolve(order.push('second'));
  await cache.exclusively('target', never, second, () => told.open()).finally(() => told.open());
  await first;
  expect(order).toEqual(['first', 'second']);
});
