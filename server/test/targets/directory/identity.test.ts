import { execFileSync } from 'node:child_process';
import { chmod, copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openTarget, type Target } from '../../../src/targets/index.js';
import { untilNextTick } from '../../support/disk.js';
import { settingsAt } from '../../support/target-settings.js';
import { temporaryFolder } from '../../support/temporary.js';
import { calm, failure, makePayload, put } from '../../payloads/payloads.js';
import { readFacts } from '../../../src/targets/reading.js';

const NAME = 'env-0123456789abcdef0123.pex';

async function makeTarget(bytes = 5000): Promise<{ target: Target; directory: string; path: string }> {
  const directory = await temporaryFolder();
  const target = await openTarget(settingsAt(pathToFileURL(directory).href));
  await put(target, makePayload(NAME, bytes), { signal: calm });
  untilNextTick(await temporaryFolder());
  return { target, directory, path: join(directory, NAME) };
}

test('an object that nobody touches keeps its identity, and reading it gives the same one', async () => {
  const { target } = await makeTarget();
  const first = await target.stat(NAME, calm);
  expect(first?.identity).toBeDefined();
  expect(await target.stat(NAME, calm)).toEqual(first);
  const payload = makePayload(NAME, 5000, 1);
  expect(await readFacts(target, NAME, { signal: calm })).toMatchObject({
    bytes: payload.bytes,
    identity: first?.identity
  });
});

test.each<[string, (path: string) => Promise<unknown>]>([
  [
    'an edit in place of the same size, its times put back',
    async path => {
      execFileSync('cp', ['--preserve=timestamps', path, `${path}.times`]);
      await chmod(path, 0o644);
      await writeFile(path, Buffer.alloc((await readFile(path)).length, 7));
      execFileSync('touch', ['-r', `${path}.times`, path]);
    }
  ],
  ['another file that is put in its place', async path => (await copyFile(path, `${path}2`), rename(`${path}2`, path))]
])('%s gives it another identity', async (_, change) => {
  const { target, path } = await makeTarget();
  const first = await target.stat(NAME, calm);
  await change(path);
  untilNextTick(await temporaryFolder());
  const second = await target.stat(NAME, calm);
  expect(second).toMatchObject({ bytes: first?.bytes });
  expect(second?.identity).toBeDefined();
  expect(second?.identity).not.toBe(first?.identity);
});

test('what was written this moment has no identity: another edit would not show', async () => {
  const { target, path } = await makeTarget();
  await chmod(path, 0o644);
  expect(await target.stat(NAME, calm)).toMatchObject({ bytes: 5000, identity: undefined });
});

test('what this ship wrote has an identity as soon as it is verified, when reading it again would take long', async () => {
  const directory = await temporaryFolder();
  const target = await openTarget(settingsAt(pathToFileURL(directory).href));
  const payload = makePayload(NAME, 20 << 20);
  await put(target, payload, { signal: calm });
  const identity = await target.verify(payload, calm);
  expect(identity).toBeDefined();
  expect(await target.stat(NAME, calm)).toMatchObject({ identity });
});

test('reading tells how far it is, stops when it is cancelled, and knows what is not there', async () => {
  const { target } = await makeTarget(1 << 20);
  const seen: number[] = [];
  await readFacts(target, NAME, { signal: calm, onProgress: bytes => seen.push(bytes) });
  expect(seen.at(-1)).toBe(1 << 20);
  const controller = new AbortController();
  const cancelled = readFacts(target, NAME, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
  expect(await readFacts(target, 'env-1.pex', { signal: calm })).toBeUndefined();
});

test('whether one can write is found out without writing', async () => {
  const folder = await temporaryFolder();
  const open = (path: string): Promise<Target> => openTarget(settingsAt(pathToFileURL(path).href));
  await (await open(join(folder, 'not', 'there', 'yet'))).requireWritable(calm);
  expect(await readdir(folder)).toEqual([]);
  await writeFile(join(folder, 'file'), '');
  for (const path of [join(folder, 'file'), join(folder, 'file', 'below')]) {
    expect(await failure((await open(path)).requireWritable(calm))).toMatchObject({ code: 'TARGET_BUCKET_MISSING' });
  }
});
