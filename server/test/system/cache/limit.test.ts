import { mkdir, readFile, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { keepWithin } from '../../../src/system/cache/limit.js';
import { inUse } from '../../../src/system/cache/use.js';
import { readCacheLimit } from '../../../src/settings/jupyterlab.js';
import { deadOwner } from '../../support/dead-owner.js';
import { temporaryFolder } from '../../support/temporary.js';

const KB = 1000;
const NAMES = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg', 'hh', 'ii', 'jj'];
let cache: Cache;

beforeEach(async () => {
  cache = await Cache.open(await temporaryFolder());
});

function write(name: string): Promise<{ path: string; reused: boolean }> {
  return cache.entry('segments', name, path => writeFile(path, Buffer.alloc(KB)));
}

/** Ten entries of 1 kB, the first one used ten hours ago, the last one an hour ago. */
async function fill(): Promise<void> {
  for (const [index, name] of NAMES.entries()) {
    const { path } = await write(name);
    const used = Date.now() / 1000 - (NAMES.length - index) * 3600;
    await utimes(path, used, used);
  }
}

async function left(): Promise<string[]> {
  const names = await readdir(cache.folderOf('segments'), {
    recursive: true,
    withFileTypes: true
  });
  return names
    .filter(entry => entry.isFile())
    .map(entry => entry.name)
    .sort();
}

describe('the limit of the cache', () => {
  it('removes what was not used for longest, and a little more than it must', async () => {
    await fill();
    expect(await write('bb')).toMatchObject({ reused: true });
    expect(await cache.find('segments', 'cc')).toBeDefined();
    expect(await keepWithin(cache, 6 * KB)).toBe(5 * KB);
    expect(await left()).toEqual(['bb', 'cc', 'hh', 'ii', 'jj']);
  });

  it('removes nothing below it, and counts only once', async () => {
    await fill();
    expect(await keepWithin(cache, 10 * KB)).toBe(0);
    // Written without the cache, so that only a new count would notice it.
    await mkdir(join(cache.path('segments', 'zz'), '..'), { recursive: true });
    await writeFile(cache.path('segments', 'zz'), Buffer.alloc(90 * KB));
    expect(await keepWithin(cache, 10 * KB)).toBe(0);
    await write('kk');
    expect(await keepWithin(cache, 11 * KB)).toBe(0);
    await write('ll');
    expect(await keepWithin(cache, 11 * KB)).toBeGreaterThan(90 * KB);
  });

  it('counts anew when the count is lost or damaged', async () => {
    await fill();
    await writeFile(join(cache.root, 'count.json'), 'many');
    cache.takeWrittenBytes();
    expect(await keepWithin(cache, 1 * KB)).toBe(10 * KB);
  });

  it('counts anew after a day, since others write there too', async () => {
    await fill();
    expect(await keepWithin(cache, 10 * KB)).toBe(0);
    const path = join(cache.root, 'count.json');
    const found: unknown = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...(found as object), countedMs: Date.now() - 25 * 3600 * 1000 }));
    await write('kk');
    cache.takeWrittenBytes();
    expect(await keepWithin(cache, 10 * KB)).toBe(2 * KB);
  });

  it('counts what earlier releases and Node.js left there, and removes it first, with its folders', async () => {
    await fill();
    const [earlier, compiled] = [join(cache.root, 'segments', 'v1', 'ab'), join(cache.root, 'compiled', 'v22')];
    const monthAgo = Date.now() / 1000 - 30 * 24 * 3600;
    for (const folder of [earlier, compiled]) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'abc'), Buffer.alloc(20 * KB));
      await utimes(join(folder, 'abc'), monthAgo, monthAgo);
    }
    expect(await keepWithin(cache, 12 * KB)).toBe(40 * KB);
    expect(await left()).toEqual(NAMES);
    expect((await readdir(cache.root)).sort()).toEqual(['CACHEDIR.TAG', 'count.json', 'segments', 'tmp']);
    expect(await readdir(join(cache.root, 'segments'))).not.toContain('v1');
  });

  it('leaves alone what someone uses who is still there, and forgets who is not', async () => {
    await fill();
    await inUse(cache.root, async () => {
      await write('aa');
      await write('new');
      expect(await keepWithin(cache, 0)).toBe(9 * KB);
      expect(await left()).toEqual(['aa', 'new']);
      expect(await keepWithin(cache, 0)).toBe(0);
      const [only = ''] = await readdir(join(cache.root, 'uses'));
      const hourAgo = Date.now() / 1000 - 3600;
      const use = (name: string): string => join(cache.root, 'uses', name);
      await utimes(use(only), hourAgo, hourAgo);
      // The process is alive, but may have been stopped for a while.
      expect(await keepWithin(cache, 0)).toBe(0);
      const elsewhere = only.replace(/\.[0-9a-f]{12}-/u, '.000000000000-');
      await rename(use(only), use(elsewhere));
      expect(await keepWithin(cache, 0)).toBe(2 * KB);
    });
    expect(await readdir(join(cache.root, 'uses'))).toEqual([]);
  });

  it('forgets a process that was killed while it used the cache', async () => {
    await fill();
    await mkdir(join(cache.root, 'uses'));
    await writeFile(join(cache.root, 'uses', `${Date.now() - 1000}.${await deadOwner()}.x`), '');
    await write('new');
    expect(await keepWithin(cache, 0)).toBe(11 * KB);
    expect(await readdir(join(cache.root, 'uses'))).toEqual([]);
  });

  it('comes from the environment or the settings', async () => {
    const home = await temporaryFolder();
    const settings = join(home, 'jupyterlab-ship-env');
    await mkdir(settings);
    const environment = { JUPYTERLAB_SETTINGS_DIR: home };
    expect(await readCacheLimit(environment)).toBe(20e9);
    await writeFile(join(settings, 'plugin.jupyterlab-settings'), '{"cacheLimit": 1.5}');
    expect(await readCacheLimit(environment)).toBe(1.5e9);
    expect(await readCacheLimit({ ...environment, SHIP_ENV_CACHE_LIMIT: '0.25' })).toBe(0.25e9);
    for (const wrong of ['much', '-1', 'Infinity']) {
      const refused = readCacheLimit({ ...environment, SHIP_ENV_CACHE_LIMIT: wrong });
      await expect(refused, wrong).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
    }
  });
});
