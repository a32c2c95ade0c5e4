import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { inUse } from '../../../src/system/cache/use.js';
import { deadOwner } from '../../support/dead-owner.js';
import { gate } from '../../support/gate.js';
import { temporaryFolder } from '../../support/temporary.js';

const never = new AbortController().signal;

async function openCache(): Promise<Cache> {
  return Cache.open(join(await temporaryFolder(), 'cache'));
}

test('the folder is private and marked as a cache', async () => {
  const cache = await openCache();
  expect((await stat(cache.root)).mode & 0o777).toBe(0o700);
  expect(await readFile(join(cache.root, 'CACHEDIR.TAG'), 'utf8')).toMatch(
    /^Signature: 8a477f597d28d172789f06886806bc55/
  );
});

test('a folder that others could read is closed on opening', async () => {
  const root = join(await temporaryFolder(), 'cache');
  await mkdir(root);
  await chmod(root, 0o777);
  await Cache.open(root);
  expect((await stat(root)).mode & 0o777).toBe(0o700);
});

test('a folder that cannot be made is CACHE_UNUSABLE with a way out', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(Cache.open(join(file, 'cache'))).rejects.toMatchObject({
    code: 'CACHE_UNUSABLE',
    hint: expect.stringContaining('SHIP_ENV_CACHE')
  });
});

test('leftovers of a killed process go at the next start, those of a running one stay', async () => {
  const cache = await openCache();
  const own = cache.temporaryPath();
  const [killed, old, young] = [`${await deadOwner()}.one`, 'of-another-machine-1', 'of-another-machine-2'].map(name =>
    join(cache.root, 'tmp', name)
  ) as [string, string, string];
  await Promise.all([own, killed, old, young].map(path => writeFile(path, '')));
  const longAgo = new Date(Date.now() - 48 * 60 * 60 * 1000);
  await Promise.all([own, old].map(path => utimes(path, longAgo, longAgo)));
  await Cache.open(cache.root);
  expect((await readdir(join(cache.root, 'tmp'))).map(name => join(cache.root, 'tmp', name)).sort()).toEqual(
    [own, young].sort()
  );
});

test('what says that a killed process uses the cache goes at the next start, also where the limit is far away', async () => {
  const cache = await openCache();
  await inUse(cache.root, async () => {
    const uses = join(cache.root, 'uses');
    const [own] = await readdir(uses);
    await writeFile(join(uses, `${Date.now()}.${await deadOwner()}.one`), '');
    await Cache.open(cache.root);
    expect(await readdir(uses)).toEqual([own]);
  });
});

test('a cache that was removed by hand is made anew before the next use', async () => {
  const cache = await openCache();
  await rm(cache.root, { recursive: true });
  await cache.prepare();
  await cache.entry('code', 'abc.zip', path => writeFile(path, 'content'));
  expect((await stat(cache.root)).mode & 0o777).toBe(0o700);
});

test('an entry is written once, whoever asks at the same time', async () => {
  const cache = await openCache();
  let writes = 0;
  const write = async (path: string): Promise<void> => {
    writes += 1;
    await writeFile(path, 'content');
  };
  const entries = await Promise.all([1, 2, 3].map(() => cache.entry('code', 'abc.zip', write)));
  expect(writes).toBe(1);
  expect(entries.filter(entry => !entry.reused)).toHaveLength(1);
  expect(await readFile(entries[0]?.path ?? '', 'utf8')).toBe('content');
  expect((await cache.entry('code', 'abc.zip', write)).reused).toBe(true);
});

test('when the first writer fails, the one that waits for it writes', async () => {
  const cache = await openCache();
  const [isBegun, failing] = [gate(), gate()];
  const first = cache.entry('code', 'abc.zip', async path => {
    await writeFile(path, 'half');
    isBegun.open();
    await failing.promise;
    throw new Error('stopped');
  });
  await isBegun.promise;
  const second = cache.entry('code', 'abc.zip', path => writeFile(path, 'whole'));
  failing.open();
  await expect(first).rejects.toThrow('stopped');
  expect(await readFile((await second).path, 'utf8')).toBe('whole');
  expect(await readdir(join(cache.root, 'tmp'))).toEqual([]);
});

test('who is cancelled does not wait for what another one writes', async () => {
  const cache = await openCache();
  const [isBegun, mayEnd] = [gate(), gate()];
  const first = cache.entry('code', 'abc.zip', async path => {
    isBegun.open();
    await mayEnd.promise;
    await writeFile(path, 'whole');
  });
  await isBegun.promise;
  const abort = new AbortController();
  const second = cache.entry('code', 'abc.zip', path => writeFile(path, 'never'), abort.signal);
  abort.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  mayEnd.open();
  expect((await first).reused).toBe(false);
});

test('an entry that another process put there meanwhile is kept', async () => {
  const cache = await openCache();
  const other = await Cache.open(cache.root);
  const { path } = await cache.entry('code', 'abc.zip', async temporary => {
    await writeFile(temporary, 'mine');
    await other.entry('code', 'abc.zip', theirs => writeFile(theirs, 'theirs'));
  });
  expect(await readFile(path, 'utf8')).toBe('theirs');
});

/** Resolves when every earlier caller that waited for a free lock has it: this work takes the same way, later. */
async function othersGotThrough(cache: Cache): Promise<void> {
  for (const name of ['one', 'two', 'three']) await cache.exclusively(name, never, () => Promise.resolve());
}

test('only one at a time works under a lock, and the next one starts when it is free', async () => {
  const [cache, order, holding] = [await openCache(), new Array<string>(), gate()];
  const other = await Cache.open(cache.root);
  const entered = gate();
  const first = cache.exclusively('target', never, async () => {
    entered.open();
    await holding.promise;
    order.push('first ends');
  });
  await entered.promise;
  const second = other.exclusively(
    'target',
    never,
    () => Promise.resolve(order.push('second starts')),
    () => order.push('second waits')
  );
  await othersGotThrough(other);
  expect(order).toEqual(['second waits']);
  holding.open();
  await Promise.all([first, second]);
  expect(order).toEqual(['second waits', 'first ends', 'second starts']);
});

test('waiting for a lock ends with the signal, and a lock is freed when its work fails', async () => {
  const [cache, holding, entered] = [await openCache(), gate(), gate()];
  const first = cache.exclusively('target', never, async () => {
    entered.open();
    await holding.promise;
    throw new Error('stopped');
  });
  await entered.promise;
  const controller = new AbortController();
  let hasStarted = false;
  const second = cache.exclusively('target', controller.signal, () => Promise.resolve((hasStarted = true)));
  await othersGotThrough(cache);
  expect(hasStarted).toBe(false);
  controller.abort();
  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  holding.open();
  await expect(first).rejects.toThrow('stopped');
  expect(await cache.exclusively('target', never, () => Promise.resolve('free'))).toBe('free');
  expect(hasStarted).toBe(false);
});

test('a lock that is lost stops the work under it, and neither the process nor the next one', async () => {
  const cache = await openCache();
  const work = cache.exclusively('target', never, async signal => {
    await rm(cache.root, { recursive: true });
    await once(signal, 'abort');
    signal.throwIfAborted();
  });
  await expect(work).rejects.toMatchObject({
    code: 'CACHE_UNUSABLE',
    hint: expect.stringContaining('hip again'),
    cause: { code: 'ECOMPROMISED' }
  });
  expect(await cache.exclusively('target', never, () => Promise.resolve('free'))).toBe('free');
});

/** The lock `target` of a process that was killed while it held the lock. */
async function leaveLock(cache: Cache, owner: string): Promise<void> {
  await mkdir(join(cache.root, 'locks', 'target.lock'), { recursive: true });
  await writeFile(join(cache.root, 'locks', 'target.owner'), owner);
}

test('the lock of a killed process of this machine is free at once, for one of those who wait', async () => {
  const cache = await openCache();
  await leaveLock(cache, await deadOwner());
  // The lock never becomes stale by its age.
  const inAnHour = Date.now() / 1000 + 3600;
  await utimes(join(cache.root, 'locks', 'target.lock'), inAnHour, inAnHour);
  let [inside, most] = [0, 0];
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(resolve => setImmediate(resolve));
    inside -= 1;
  };
  const others = await Promise.all([1, 2, 3, 4].map(() => Cache.open(cache.root)));
  await Promise.all(others.map(other => other.exclusively('target', never, work)));
  expect(most).toBe(1);
  expect(await readdir(join(cache.root, 'locks'))).toEqual([]);
});

test('the lock of a process of another machine holds while it shows signs of life, and not for longer', async () => {
  const cache = await openCache();
  await leaveLock(cache, '000000000000-1-1');
  const stop = new AbortController();
  const waiting = cache.exclusively('target', stop.signal, () => Promise.resolve('free'));
  await othersGotThrough(cache);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  const elevenSecondsAgo = Date.now() / 1000 - 11;
  await utimes(join(cache.root, 'locks', 'target.lock'), elevenSecondsAgo, elevenSecondsAgo);
  expect(await cache.exclusively('target', never, () => Promise.resolve('free'))).toBe('free');
});

test('work that is done before the loss of its lock shows is done', async () => {
  const cache = await openCache();
  const work = cache.exclusively('target', never, async () => {
    await rm(cache.root, { recursive: true });
    return 'done';
  });
  expect(await work).toBe('done');
});

test('a lock that cannot be made is CACHE_UNUSABLE with a way out', async () => {
  const cache = await openCache();
  await expect(cache.exclusively('x'.repeat(300), never, () => Promise.resolve())).rejects.toMatchObject({
    code: 'CACHE_UNUSABLE',
    hint: expect.stringContaining('SHIP_ENV_CACHE')
  });
});

test('a lock whose owner cannot be written down is CACHE_UNUSABLE, and free again', async () => {
  const cache = await openCache();
  // With `.lock` the name has the maximum length, and with `.owner` it is longer.
  await expect(cache.exclusively('x'.repeat(250), never, () => Promise.resolve())).rejects.toMatchObject({
    code: 'CACHE_UNUSABLE'
  });
  expect(await readdir(join(cache.root, 'locks'))).toEqual([]);
});
