import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ownerName } from '../../../src/system/process/owner.js';
import type { Payload } from '../../../src/payloads/payload.js';
import { temporaryFolder } from '../../support/temporary.js';
import { calm, failure, makePayload, put } from '../../payloads/payloads.js';
import { readSmall } from '../../../src/targets/reading.js';
import { listed, mounted, openDirectory, payload } from './directories.js';

test('an object arrives whole, once, verified, readable and, an artifact, executable for every user', async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  const target = await openDirectory(join(folder, 'my ship', 'über'));
  const umask = process.umask(0o077);
  onTestFinished(() => void process.umask(umask));
  expect(await listed(target)).toEqual([]);
  expect(await target.stat(payload.name, calm)).toBeUndefined();
  expect(await readSmall(target, payload.name, calm)).toBeUndefined();
  const progress: number[] = [];
  expect(await put(target, payload, { signal: calm, onProgress: bytes => progress.push(bytes) })).toBe('created');
  expect(progress.at(-1)).toBe(payload.bytes);
  expect(await put(target, payload, { signal: calm })).toBe('exists');
  await target.verify(payload, calm);
  expect((await readSmall(target, payload.name, calm))?.length).toBe(payload.bytes);
  const path = new URL(target.access.uri(payload.name));
  expect((await stat(path)).mode & 0o777).toBe(0o755);
  for (const above of [new URL('.', path), new URL('..', path)]) expect((await stat(above)).mode & 0o777).toBe(0o755);
  expect(await listed(target)).toEqual([
    { name: payload.name, bytes: payload.bytes, modified: (await stat(path, { bigint: true })).mtime }
  ]);
  await target.remove(payload.name, calm);
  await target.remove(payload.name, calm);
  expect(await readdir(new URL('.', path))).toEqual([]);
});

test('a directory that is there keeps its mode', async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o700);
  await put(await openDirectory(folder), payload, { signal: calm });
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test('a manifest is no program', async () => {
  const folder = await temporaryFolder();
  const manifest = makePayload('env-00000001.json', 100);
  await put(await openDirectory(folder), manifest, { signal: calm });
  expect((await stat(join(folder, manifest.name))).mode & 0o777).toBe(0o644);
});

test('an artifact can be run where it lies, unless the file system lets nothing run', async () => {
  for (const [options, runs] of [
    ['mode=755', true],
    ['mode=755,noexec', false]
  ] as const) {
    const folder = await mounted(options);
    const target = await openDirectory(folder);
    await put(target, makePayload('env-1.pex', 100), { signal: calm });
    expect(await target.access.executablePath('env-1.pex'), options).toBe(runs ? join(folder, 'env-1.pex') : undefined);
    expect(await target.access.executablePath('env-2.pex'), 'not there yet').toBe(join(folder, 'env-2.pex'));
  }
});

test('of twenty who write at once one creates', async () => {
  const folder = await temporaryFolder();
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async () => put(await openDirectory(folder), payload, { signal: calm }))
  );
  expect(outcomes.filter(outcome => outcome === 'created')).toHaveLength(1);
  expect(await readdir(folder)).toEqual([payload.name]);
});

test('another object of that name is never touched', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, payload.name), 'mine');
  const target = await openDirectory(folder);
  expect(await failure(put(target, payload, { signal: calm }))).toMatchObject({ code: 'TARGET_CONFLICT' });
  expect(await readFile(join(folder, payload.name), 'utf8')).toBe('mine');
  await mkdir(join(folder, 'env-2.pex'));
  expect(await failure(target.stat('env-2.pex', calm))).toMatchObject({ code: 'TARGET_CONFLICT' });
});

test('nothing is left when the ship is cancelled halfway', async () => {
  const folder = await temporaryFolder();
  const controller = new AbortController();
  const reason = new DOMException('cancelled', 'AbortError');
  const onProgress = (): void => controller.abort(reason);
  const target = await openDirectory(folder);
  await expect(put(target, payload, { signal: controller.signal, onProgress })).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual([]);
  const { signal } = controller;
  for (const ask of [
    () => target.stat('x', signal),
    () => readSmall(target, 'x', signal),
    () => target.check(signal)
  ]) {
    await expect(ask()).rejects.toBe(reason);
  }
});

test('nothing is left when the payload cannot be read or is not what its name says', async () => {
  const folder = await temporaryFolder();
  const target = await openDirectory(folder);
  const torn: Payload = { ...payload, open: () => Readable.from(tornStream()) };
  await expect(put(target, torn, { signal: calm })).rejects.toThrow('torn');
  expect(await failure(put(target, { ...payload, sha256: 'ab'.repeat(32) }, { signal: calm }))).toMatchObject({
    code: 'CACHE_UNUSABLE'
  });
  expect(await readdir(folder)).toEqual([]);

  function* tornStream(): Generator<Buffer> {
    yield Buffer.alloc(10);
    throw new Error('torn');
  }
});

test('verify finds other bytes, another size and an absent file', async () => {
  const target = await openDirectory(await temporaryFolder());
  await put(target, payload, { signal: calm });
  const sameSize = makePayload(payload.name, payload.bytes, 77);
  for (const other of [
    { ...sameSize, sha256: 'cd'.repeat(32) },
    { ...payload, bytes: 1 },
    { ...payload, name: 'env-9.pex' }
  ]) {
    expect(await failure(target.verify(other, calm))).toMatchObject({ code: 'TARGET_CHECKSUM' });
  }
});

test('a list is sorted, follows links, and tells what is not a file', async () => {
  const folder = await temporaryFolder();
  for (const name of ['b.zip', 'a.pex', '.env-1.pex.0.tmp', '.hidden']) await writeFile(join(folder, name), name);
  await mkdir(join(folder, 'c.zip'));
  await symlink('a.pex', join(folder, 'link.pex'));
  await symlink('gone.pex', join(folder, 'nowhere.pex'));
  await symlink('itself.pex', join(folder, 'itself.pex'));
  await symlink('a.pex/below', join(folder, 'through-a-file.pex'));
  const target = await openDirectory(folder);
  expect((await listed(target)).map(({ name, isFile }) => [name, isFile])).toEqual([
    ['a.pex', undefined],
    ['b.zip', undefined],
    ['c.zip', false],
    ['itself.pex', false],
    ['link.pex', undefined],
    ['nowhere.pex', false],
    ['through-a-file.pex', false]
  ]);
  for (const name of ['c.zip', 'itself.pex', 'nowhere.pex', 'through-a-file.pex'])
    expect(await failure(target.stat(name, calm))).toMatchObject({ code: 'TARGET_CONFLICT' });
});

describe('of temporary files in the directory', () => {
  const id = '123e4567-e89b-42d3-a456-426614174000';
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);

  test.each([
    ['right', 0],
    ['a day and more ahead', 30],
    ['a day and more behind', -30]
  ])('those of other machines go a day later by the disk’s clock, while this one’s is %s', async (_, hours) => {
    const folder = await temporaryFolder();
    const [stale, young, foreign] = [`.env-1.pex.${id}.tmp`, `.env-2.pex.${id}.tmp`, '.mine.tmp'];
    for (const name of [stale, young, foreign]) await writeFile(join(folder, name), '');
    for (const name of [stale, foreign]) await utimes(join(folder, name), yesterday, yesterday);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 60 * 60 * 1000 });
    onTestFinished(() => void vi.useRealTimers());
    await put(await openDirectory(folder), payload, { signal: calm });
    expect((await readdir(folder)).sort()).toEqual([payload.name, young, foreign].sort());
  });

  test('those of a killed process of this machine go at once, and those of a living one never', async () => {
    const folder = await temporaryFolder();
    const killed = spawn('true');
    await once(killed, 'exit');
    const dead = `.${ownerName().replace(`-${process.pid}-`, `-${killed.pid ?? 0}-`)}.env-1.pex.${id}.tmp`;
    const alive = `.${ownerName()}.env-2.pex.${id}.tmp`;
    for (const name of [dead, alive]) await writeFile(join(folder, name), '');
    await utimes(join(folder, alive), yesterday, yesterday);
    await put(await openDirectory(folder), payload, { signal: calm });
    expect((await readdir(folder)).sort()).toEqual([payload.name, alive].sort());
  });
});

test('the check writes, reads back and deletes', async () => {
  const folder = await temporaryFolder();
  const target = await openDirectory(folder);
  const { url, ...times } = await target.check(calm);
  expect(url).toBe(target.url);
  for (const ms of Object.values(times)) expect(ms).toBeGreaterThan(0);
  expect(await readdir(folder)).toEqual([]);
});

test('names with folders or dots do not leave the target', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'precious'), '');
  const target = await openDirectory(join(folder, 'ship'));
  await put(target, payload, { signal: calm });
  for (const name of ['../precious', 'a/b', '..', '.', '']) {
    expect(await failure(target.remove(name, calm))).toMatchObject({ code: 'USAGE_INVALID' });
    expect(await failure(put(target, { ...payload, name }, { signal: calm }))).toMatchObject({ code: 'USAGE_INVALID' });
  }
  expect(await readdir(folder)).toEqual(['precious', 'ship']);
});
