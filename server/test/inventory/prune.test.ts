import { PutObjectCommand } from '@aws-sdk/client-s3';
import { appendFile, chmod, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { prune, type PruneOptions } from '../../src/inventory/prune.js';
import { judge, type Rules } from '../../src/inventory/prune-judge.js';
import { writeLock } from '../../src/targets/write-lock.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';
import { calm, failure } from '../payloads/payloads.js';
import { useBucket } from '../targets/s3/bucket.js';
import { forgetShips, makePort, names, recordNames, type Port } from '../ship/port.js';

const bucket = useBucket();
const DAY_MS = 24 * 60 * 60 * 1000;
const RULES: PruneOptions = { olderThanMs: 30 * DAY_MS, keep: 0, dryRun: false };
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

async function age(port: Port, files: readonly string[], days: number): Promise<void> {
  const then = new Date(Date.now() - days * DAY_MS);
  for (const name of files) await utimes(join(port.directory, name), then, then);
}

/** Prunes with a cache that has never shipped to the target. */
async function pruneIt(port: Port, options: Partial<PruneOptions> = {}): ReturnType<typeof prune> {
  const cache = await Cache.open(await temporaryFolder());
  return prune(port.request().target, { ...RULES, ...options }, { cache, signal: calm });
}

/** A target with two environments and two states of the code; also names the files of the newer ones. */
async function makeFull(): Promise<{ port: Port; older: string[]; newer: string[] }> {
  const port = await makePort(kernel);
  await port.ship();
  const older = await names(port.directory);
  await kernel.install('toml==0.10.2');
  await kernel.edit('v2');
  await port.ship();
  await kernel.uninstall('toml');
  await kernel.edit('v1');
  await forgetShips(port.directory);
  const newer = (await names(port.directory)).filter(name => !older.includes(name));
  return { port, older, newer };
}

test('what is old goes, and what is younger stays; the next ship sends what went', async () => {
  const { port, older, newer } = await makeFull();
  await age(port, older, 31);
  await age(port, newer, 29);
  const dry = await pruneIt(port, { dryRun: true });
  expect(dry.removed.map(({ name }) => name).sort()).toEqual(older);
  expect(await names(port.directory)).toEqual([...older, ...newer].sort());
  const { removed, removedBytes, kept } = await pruneIt(port);
  expect(removed.map(({ name }) => name)).toEqual(dry.removed.map(({ name }) => name));
  expect(removedBytes).toBe(dry.removedBytes);
  expect(kept.map(({ name }) => name).sort()).toEqual(newer);
  expect(kept.map(({ reason }) => reason)).not.toContain('');
  expect(await names(port.directory)).toEqual(newer);
  await port.ship();
  expect(await names(port.directory)).toEqual([...older, ...newer].sort());
});

test('the newest few stay, however old they are, with the code that their pointers need', async () => {
  const { port, older, newer } = await makeFull();
  await age(port, older, 90);
  await age(port, newer, 60);
  const reasons = async (keep: number): Promise<string[]> =>
    (await pruneIt(port, { keep })).kept.map(({ reason }) => reason);
  expect(await reasons(5)).toContain('it is one of the newest 5 environments');
  expect(await names(port.directory)).toEqual([...older, ...newer].sort());
  expect(await reasons(1)).toContain('it is the newest environment');
  expect(await names(port.directory)).toEqual(newer);
});

test('old code that a young pointer needs stays, and an old artifact whose manifest is young', async () => {
  const { port, older, newer } = await makeFull();
  await age(
    port,
    [...older, ...newer].filter(name => /\.(?:zip|pex)$/u.test(name)),
    90
  );
  expect((await pruneIt(port)).removed).toEqual([]);
});

test('what ships of this machine used lately stays', async () => {
  const { port, older, newer } = await makeFull();
  await age(port, [...older, ...newer], 90);
  const { removed } = await prune(port.request().target, RULES, { cache: port.cache, signal: calm });
  expect(removed).toEqual([]);
});

test('what cannot be judged stays, with all that it may need', async () => {
  const { port, older } = await makeFull();
  const all = await names(port.directory);
  const path = (of: RegExp): string => join(port.directory, older.find(name => of.test(name)) ?? '');
  for (const damaged of [path(/^env-.*json$/u), path(/^ship-env-code/u)]) {
    await chmod(damaged, 0o644);
    await writeFile(damaged, JSON.stringify({ ...JSON.parse(await readFile(damaged, 'utf8')), schema: 99 }));
  }
  const foreign = ['notes.txt', 'data-0123456789abcdef.zip', 'env-0123456789abcdef0123.sig', 'env-1.pex'];
  for (const name of foreign) await appendFile(join(port.directory, name), 'mine');
  await age(port, [...all, ...foreign], 90);
  const { removed, kept } = await pruneIt(port);
  // The newer environment is known completely, the code is not.
  expect(removed.map(({ name }) => name).sort()).toEqual(
    all.filter(name => !older.includes(name) && !name.endsWith('.zip')).sort()
  );
  for (const name of foreign) expect(kept).toContainEqual(expect.objectContaining({ name }));
});

test('an artifact without a manifest is under way while it is young; later it is what a killed ship left', async () => {
  const port = await makePort(kernel);
  const { artifact } = await port.ship();
  await forgetShips(port.directory);
  await rm(join(port.directory, `${artifact.id}.json`));
  expect((await pruneIt(port)).removed).toEqual([]);
  await age(port, [artifact.name], 31);
  expect((await pruneIt(port, { keep: 5 })).removed).toMatchObject([{ name: artifact.name }]);
});

test('a ship of this machine that writes is waited for', async () => {
  const { port, older } = await makeFull();
  await age(port, older, 31);
  const cache = await Cache.open(await temporaryFolder());
  const { target } = port.request();
  let isShipping = true;
  const shipping = cache.exclusively(writeLock({ url: target.url }), calm, async () => {
    const pruning = prune(target, RULES, { cache, signal: calm }).then(() => expect(isShipping).toBe(false));
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(await readdir(port.directory)).toEqual(expect.arrayContaining(older));
    isShipping = false;
    return { pruning };
  });
  await (
    await shipping
  ).pruning;
});

test('ages go by the clock of the store, and where its dates make no sense nothing is removed', async () => {
  const url = bucket.freshUrl();
  const port = await makePort(kernel);
  const target = bucket.server.settings(url);
  await port.ship({ more: { target } });
  const cache = await Cache.open(await temporaryFolder());
  const before = await bucket.leftBelow(url);
  expect((await prune(target, { ...RULES, olderThanMs: 60_000 }, { cache, signal: calm })).removed).toEqual([]);
  expect(await bucket.leftBelow(url)).toEqual(before);
  const Key = `${url.slice('s3://ship/'.length)}/notes.txt`;
  await bucket.client.send(new PutObjectCommand({ Bucket: 'ship', Key, Body: 'mine' }));
  const { kept } = await prune(target, RULES, { cache, signal: calm });
  expect(kept).toHaveLength(before.keys.length + 1);

  const late = await makePort(kernel);
  await late.ship();
  await age(late, await names(late.directory), -2);
  expect(await failure(pruneIt(late))).toMatchObject({
    code: 'TARGET_FAILED',
    message: expect.stringContaining('dates')
  });
});

test('what goes first can go alone: a manifest before its artifact, code before its pointer', async () => {
  const { port, older } = await makeFull();
  await age(port, older, 31);
  const kinds = (await pruneIt(port)).removed.map(({ name }) => name.replace(/^.*\./u, ''));
  expect(kinds).toEqual(['json', 'pex', 'zip', 'json']);
});

test('what has no date that makes sense stays', async () => {
  const entry = { name: 'env-0123456789abcdef0123.pex', bytes: 1, modified: new Date(Number.NaN) };
  const rules: Rules = { nowMs: Date.now(), olderThanMs: 0, keep: 0, used: new Set() };
  expect((await judge([entry], rules, () => Promise.resolve(undefined))).remove).toEqual([]);
  expect(
    (await judge([{ ...entry, modified: new Date(0) }], rules, () => Promise.resolve(undefined))).remove
  ).toHaveLength(1);
});

test('a record keeps what its ship uses, and goes with it', async () => {
  const port = await makePort(kernel);
  await port.ship();
  const all = await names(port.directory);
  await age(port, all, 90);
  expect((await pruneIt(port)).removed).toEqual([]);
  const records = await recordNames(port.directory);
  await age(port, records, 31);
  const { removed } = await pruneIt(port);
  expect(removed.map(({ name }) => name)).toEqual([...removed.slice(0, -1).map(({ name }) => name), ...records]);
  expect(removed).toHaveLength(all.length + 1);
});

test('the newest record of an environment that stays stays, however old it is; the others go', async () => {
  const port = await makePort(kernel);
  await port.ship();
  await kernel.edit('v2');
  await port.ship();
  await kernel.edit('v1');
  const records = await recordNames(port.directory);
  expect(records).toHaveLength(2);
  await age(port, [...(await names(port.directory)), ...records], 90);
  const { removed, kept } = await pruneIt(port, { keep: 5 });
  expect(removed).toMatchObject([{ name: records[0] }]);
  expect(kept).toContainEqual(expect.objectContaining({ name: records[1], reason: 'its environment stays' }));
});

test('a record that is not what its name says protects nothing, and stays', async () => {
  const port = await makePort(kernel);
  await port.ship();
  const all = await names(port.directory);
  const [record = ''] = await recordNames(port.directory);
  await chmod(join(port.directory, record), 0o644);
  await appendFile(join(port.directory, record), ' ');
  await age(port, all, 90);
  const { removed, kept } = await pruneIt(port);
  expect(removed).toHaveLength(all.length);
  expect(kept).toMatchObject([{ name: record, reason: 'it cannot be read as a record' }]);
});
