import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkTarget } from '../../src/inventory/check.js';
import { listArtifacts } from '../../src/inventory/list.js';
import { prune } from '../../src/inventory/prune.js';
import { Cache } from '../../src/system/cache/cache.js';
import { calm } from '../payloads/payloads.js';
import { forgetShips, makePort, names, recordNames } from '../ship/port.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';

const HOUR_MS = 60 * 60 * 1000;
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

test('a PEX and an archive of one environment are told apart, and pruned each with its manifest', async () => {
  const port = await makePort(kernel);
  const { target } = port.request();
  const { artifact: pex } = await port.ship();
  const { artifact: archive, code } = await port.ship({ more: { format: 'archive' } });
  const listed = await listArtifacts(target, calm);
  expect(listed.map(({ id, format, uri, problem }) => [id, format, uri, problem]).sort()).toEqual(
    [
      [pex.id, 'pex', `${target.url}/${pex.name}`, undefined],
      [archive.id, 'archive', `${target.url}/${archive.name}`, undefined]
    ].sort()
  );
  expect(archive.name).toBe(`${archive.id}.tar.gz`);
  await expect(checkTarget(target, calm)).resolves.toMatchObject({ url: target.url });

  await forgetShips(port.directory);
  const all = await names(port.directory);
  const then = new Date(Date.now() - 2 * HOUR_MS);
  for (const name of all) await utimes(join(port.directory, name), then, then);
  const now = new Date(Date.now() - HOUR_MS);
  for (const name of [archive.name, `${archive.id}.json`]) await utimes(join(port.directory, name), now, now);
  // As someone whose machine never shipped there.
  const cache = await Cache.open(await temporaryFolder());
  const pruneIt = async (keep: number) =>
    (await prune(target, { olderThanMs: 0, keep, dryRun: false }, { cache, signal: calm })).removed.map(
      ({ name }) => name
    );
  expect(await pruneIt(1)).toEqual([`${pex.id}.json`, pex.name]);
  expect(await names(port.directory)).toEqual(all.filter(name => !name.startsWith(pex.id)));
  const rest = await pruneIt(0);
  expect(rest.slice(0, 2)).toEqual([`${archive.id}.json`, archive.name]);
  expect(rest.slice(2)).toEqual(expect.arrayContaining(code.map(({ name }) => name)));
  expect(await names(port.directory)).toEqual([]);
  await expect(listArtifacts(target, calm)).resolves.toEqual([]);
});

test('an archive that was left without its manifest is removed once it is old', async () => {
  const port = await makePort(kernel);
  const { artifact } = await port.ship({ more: { format: 'archive' } });
  await forgetShips(port.directory);
  const cache = await Cache.open(await temporaryFolder());
  const { target } = port.request();
  const prunedNow = async (olderThanMs: number) =>
    (await prune(target, { olderThanMs, keep: 5, dryRun: false }, { cache, signal: calm })).removed;
  await rm(join(port.directory, `${artifact.id}.json`));
  expect(await prunedNow(HOUR_MS)).toEqual([]);
  const then = new Date(Date.now() - 2 * HOUR_MS);
  await utimes(join(port.directory, artifact.name), then, then);
  expect(await prunedNow(HOUR_MS)).toMatchObject([{ name: artifact.name }]);
});

test('no age and none of the newest means all, what this machine shipped a moment ago too', async () => {
  const port = await makePort(kernel);
  await port.ship();
  await port.ship({ more: { format: 'archive' } });
  const all = [...(await names(port.directory)), ...(await recordNames(port.directory))].sort();
  const options = { olderThanMs: 0, keep: 0, dryRun: true };
  const from = { cache: port.cache, signal: calm };
  const { target } = port.request();
  expect((await prune(target, options, from)).removed.map(({ name }) => name).sort()).toEqual(all);
  expect((await prune(target, { ...options, olderThanMs: 1, dryRun: false }, from)).removed).toEqual([]);
  expect((await prune(target, { ...options, dryRun: false }, from)).removed.map(({ name }) => name).sort()).toEqual(
    all
  );
  expect(await names(port.directory)).toEqual([]);
});
