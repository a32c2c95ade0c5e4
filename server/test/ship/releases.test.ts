import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listTarget } from '../../src/inventory/list.js';
import { prune } from '../../src/inventory/prune.js';
import { remove } from '../../src/inventory/remove.js';
import { takeBack } from '../../src/ship/undo/ephemeral.js';
import { makeRelease } from '../../src/ship/release.js';
import { shippedByName } from '../../src/ship/shipped.js';
import { Cache } from '../../src/system/cache/cache.js';
import { openTarget } from '../../src/targets/index.js';
import type { Target } from '../../src/targets/target.js';
import { releaseFileName } from '../../src/trust/releases.js';
import { calm, failure } from '../payloads/payloads.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';
import { forgetShips, makePort, names, type Port } from './port.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

async function withTarget<T>(port: Port, work: (target: Target) => Promise<T>): Promise<T> {
  const target = await openTarget(port.request().target);
  return work(target).finally(() => target.close());
}

/** Lets everything on the target be old, and prunes with a cache that has never shipped to it. */
async function pruneOld(port: Port): ReturnType<typeof prune> {
  // A record says when a ship last used what it names.
  await forgetShips(port.directory);
  for (const name of await names(port.directory)) await utimes(join(port.directory, name), 1, 1);
  const cache = await Cache.open(await temporaryFolder());
  return prune(port.request().target, { olderThanMs: 1000, keep: 0, dryRun: false }, { cache, signal: calm });
}

test('a release names what was shipped, for ever: another environment or other code gets another name', async () => {
  const port = await makePort(kernel);
  const { artifact } = await port.ship({ more: { release: 'v1' } });
  const file = join(port.directory, releaseFileName('v1'));
  const before = await readFile(file);
  // The same again is no error, so that a pipeline can run again.
  await port.ship({ more: { release: 'v1' } });
  await kernel.edit('v2');
  const other = await failure(port.ship({ more: { release: 'v1' } }));
  expect(other).toMatchObject({ code: 'RELEASE_EXISTS', message: expect.stringContaining('with other code') });
  await kernel.edit('v1');
  const without = await failure(port.ship({ more: { release: 'v1', excludes: ['six'] } }));
  expect(without).toMatchObject({ code: 'RELEASE_EXISTS' });
  expect(await readFile(file)).toEqual(before);

  await withTarget(port, async target => {
    const shipped = await shippedByName(target, { release: 'v1' }, calm);
    expect(shipped.manifest.id).toBe(artifact.id);
    expect(shipped.code.map(({ fileName }) => fileName.replace(/-.*/u, ''))).toEqual(['harbour']);
    const wish = { name: 'v2', artifact: artifact.id, code: undefined };
    expect(await makeRelease(target, wish, { cache: port.cache, signal: calm })).toMatchObject({ code: null });
    const nothing = { name: 'v3', artifact: `env-${'0'.repeat(20)}`, code: undefined };
    expect(await failure(makeRelease(target, nothing, { cache: port.cache, signal: calm }))).toMatchObject({
      code: 'ARTIFACT_NOT_SHIPPED'
    });
  });
  expect((await names(port.directory)).filter(name => name.includes('release'))).toEqual(
    ['v1', 'v2'].map(releaseFileName)
  );
});

test('a manifest that was replaced is noticed', async () => {
  const port = await makePort(kernel);
  const { artifact } = await port.ship({ more: { release: 'v1' } });
  const manifest = join(port.directory, `${artifact.id}.json`);
  await writeFile(manifest, `${await readFile(manifest, 'utf8')}\n`);
  await withTarget(port, async target => {
    expect(await failure(shippedByName(target, { release: 'v1' }, calm))).toMatchObject({ code: 'TARGET_CONFLICT' });
    expect(await failure(shippedByName(target, { release: 'v0' }, calm))).toMatchObject({ code: 'RELEASE_UNKNOWN' });
    expect(await failure(shippedByName(target, { release: '../v0' }, calm))).toMatchObject({ code: 'USAGE_INVALID' });
  });
});

test('a prune never removes what a release names, however old it is', async () => {
  const port = await makePort(kernel);
  await port.ship({ more: { release: 'v1' } });
  const before = await names(port.directory);
  await port.ship({ more: { excludes: ['six'] } });
  const { removed, kept } = await pruneOld(port);
  expect(removed).toHaveLength(2);
  expect(await names(port.directory)).toEqual(before);
  expect(kept.find(({ name }) => name.startsWith('env-'))?.reason).toBe('a release names it');
});

test('a release that cannot be read keeps everything, and the list says what to do', async () => {
  const port = await makePort(kernel);
  await port.ship();
  await writeFile(join(port.directory, releaseFileName('later')), '{"schema": 2}');
  expect((await pruneOld(port)).removed).toEqual([]);
  const { releases } = await listTarget(port.request().target, calm);
  expect(releases).toMatchObject([{ name: 'later', hint: expect.stringContaining('ship-env release later --remove') }]);
});

test('what a release names is removed only by force, and stays after the job that shipped it', async () => {
  const port = await makePort(kernel);
  const created: string[] = [];
  const { artifact } = await port.ship({ onCreated: each => void created.push(...each), more: { release: 'v1' } });
  const { target } = port.request();
  const asked = { names: [artifact.id], force: false, dryRun: false };
  const context = { cache: port.cache, signal: calm };
  expect(await failure(remove(target, asked, context))).toMatchObject({
    code: 'TARGET_IN_USE',
    message: expect.stringContaining('the release v1 names it')
  });
  const before = await names(port.directory);
  expect((await takeBack(target, created, port)).removed).toMatchObject([expect.stringMatching(/^ship-env-ship-/u)]);
  expect(await names(port.directory)).toEqual(before);

  await writeFile(join(port.directory, releaseFileName('v1')), 'no JSON');
  expect((await takeBack(target, created, port)).removed).toEqual([]);
  expect(await failure(remove(target, asked, context))).toMatchObject({
    message: expect.stringContaining('the release v1 cannot be read')
  });
  await remove(target, { ...asked, force: true }, context);
  expect(await names(port.directory)).not.toContain(artifact.name);
});
