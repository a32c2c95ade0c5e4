import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { keepWithin } from '../../../src/system/cache/limit.js';
import { inUse, oldestUse } from '../../../src/system/cache/use.js';
import { CompiledModules } from '../../../src/content/segments/compile/compiled-modules.js';
import type { ShipResult } from '../../../src/contract/ship.js';
import { withCache } from '../../../src/ship/with-cache.js';
import { makeKernelVenv, type KernelVenv } from '../../support/kernel-venv.js';
import { temporaryFolder } from '../../support/temporary.js';
import { makePort, type Port } from '../../ship/port.js';

const never = new AbortController().signal;

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0', 'idna==3.10');
});
afterAll(() => kernel.remove());

/** Creates something that is not a regular file at a free path. */
type Put = (path: string) => Promise<unknown>;
const fifo: Put = path => Promise.resolve(execFileSync('mkfifo', [path]));
const folder: Put = async path => {
  await mkdir(path);
  await writeFile(join(path, 'something'), 'of another program');
};
const NO_FILES: [string, Put][] = [
  ['FIFOs', fifo],
  ['folders that are not empty', folder],
  ['links to another file', path => symlink('/etc/passwd', path)],
  ['links that lead nowhere', path => symlink('nowhere', path)],
  ['links to a device that never ends', path => symlink('/dev/zero', path)],
  ['links to themselves', path => symlink(path, path)]
];

async function filesOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function shipTwice(first: Port, damage: (files: string[]) => Promise<void>): Promise<[ShipResult, ShipResult]> {
  const before = await withCache(first.cache, () => first.ship());
  await damage(await filesOf(first.cache.root));
  // Ships to an empty target, so that everything is needed.
  const next = await makePort(kernel, first.cache.root);
  return [before, await withCache(next.cache, () => next.ship())];
}

test.each(NO_FILES)('a ship whose cache holds %s in place of all its files makes these anew', async (_what, put) => {
  const port = await makePort(kernel);
  const kinds = new Set<string>();
  const [before, after] = await shipTwice(port, async files => {
    for (const file of files) {
      kinds.add(file.slice(port.cache.root.length + 1).split('/', 1)[0] ?? '');
      await rm(file);
      await put(file);
    }
  });
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'code',
      'hashes',
      'interpreters',
      'manifests',
      'outlines',
      'plans',
      'segments',
      'snapshots'
    ])
  );
  expect(after.artifact.sha256).toBe(before.artifact.sha256);
  expect(after.code[0]?.sha256).toBe(before.code[0]?.sha256);
  const kept = (await filesOf(port.cache.root)).map(path => path.slice(port.cache.root.length + 1).split('/', 1)[0]);
  expect(kept).toEqual(expect.arrayContaining(['code', 'manifests', 'segments', 'snapshots']));
  expect(await readFile('/etc/passwd', 'utf8')).toContain('root');
});

test.each<[string, Put]>([
  ['files', path => writeFile(path, '')],
  ['FIFOs', fifo],
  ['links to another file', path => symlink('/etc/passwd', path)]
])('a ship whose cache holds %s in place of its folders makes these anew', async (_what, put) => {
  const port = await makePort(kernel);
  const [before, after] = await shipTwice(port, async () => {
    for (const name of await readdir(port.cache.root)) {
      const path = join(port.cache.root, name);
      if (!(await stat(path)).isDirectory()) continue;
      await rm(path, { recursive: true });
      await put(path);
    }
  });
  expect(after.artifact.sha256).toBe(before.artifact.sha256);
});

test.each(NO_FILES)(
  'a cache that holds %s in place of a lock and its owner keeps nobody waiting',
  async (_what, put) => {
    const cache = await Cache.open(join(await temporaryFolder(), 'cache'));
    const locks = join(cache.root, 'locks');
    await mkdir(locks);
    for (const name of ['target.lock', 'target.owner', 'target.breaking.lock']) {
      // A folder counts as a lock whose owner is unknown.
      await put(join(locks, name));
      const hourAgo = new Date(Date.now() - 3_600_000);
      if (put === folder) await utimes(join(locks, name), hourAgo, hourAgo);
    }
    expect(await cache.exclusively('target', never, () => Promise.resolve('done'))).toBe('done');
    expect(await readdir(locks)).not.toContain('target.lock');
  }
);

test('what is no sign of use is not taken for one', async () => {
  const cache = await Cache.open(join(await temporaryFolder(), 'cache'));
  await mkdir(join(cache.root, 'uses'));
  await folder(join(cache.root, 'uses', 'something'));
  await fifo(join(cache.root, 'uses', 'else'));
  expect(await oldestUse(cache.root)).toBe(Infinity);
  await inUse(cache.root, async () => expect(await oldestUse(cache.root)).toBeLessThanOrEqual(Date.now()));
});

test.each(NO_FILES)('the cache is counted anew when it holds %s in place of the count', async (_what, put) => {
  const cache = await Cache.open(join(await temporaryFolder(), 'cache'));
  await cache.entry('code', 'abc.zip', path => writeFile(path, 'content'));
  await put(join(cache.root, 'count.json'));
  await keepWithin(cache, 100);
  expect(JSON.parse(await readFile(join(cache.root, 'count.json'), 'utf8'))).toMatchObject({ bytes: 7 });
});

test.each(NO_FILES)('compiled modules are compiled again when there are %s in their place', async (_what, put) => {
  const root = await temporaryFolder();
  const cache = await Cache.open(join(root, 'cache'));
  const source = join(root, 'm.py');
  await writeFile(source, 'VALUE = 1\n');
  const sha256 = execFileSync('sha256sum', [source], { encoding: 'utf8' }).slice(0, 64);
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  const entry = { kind: 'file', name: 'm.py', source, size: 10, sha256, executable: false } as const;
  const modules = { identity: 'test', python, sources: [entry] };
  await CompiledModules.during(cache, never, async compiled => {
    const facts = await compiled.factsOf(modules);
    const cached = cache.path('compiled', facts.sha256);
    await rm(cached);
    await put(cached);
    onTestFinished(() => rm(join(root, 'placed'), { recursive: true, force: true }));
    await compiled.place({ ...modules, compiled: facts }, join(root, 'placed'));
    expect((await readFile(join(root, 'placed'))).length).toBe(facts.bytes);
  });
});
