import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShipResult, StepEvent } from '../../src/contract/ship.js';
import { configOf } from '../../src/ship/config.js';
import { listArtifacts } from '../../src/inventory/list.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { bytesOf, makePort, names, type Port } from './port.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

const manifestOf = ({ artifact }: ShipResult): string => `${artifact.id}.json`;

/** Changes one byte in the middle of a file. */
async function flipByte(path: string): Promise<void> {
  const content = await readFile(path);
  const middle = content.length >> 1;
  content.writeUInt8(content.readUInt8(middle) ^ 1, middle);
  await writeFile(path, content);
}

/** An empty target, and a folder beside it with the files that a ship would put there. */
async function makeSample(): Promise<{ port: Port; sample: ShipResult; folder: string; files: string[] }> {
  const other = await makePort(kernel);
  const sample = await other.ship();
  const port = await makePort(kernel);
  await mkdir(port.directory);
  return { port, sample, folder: other.directory, files: await names(other.directory) };
}

test('an artifact that is gone although its manifest is there is sent again; the manifest stays', async () => {
  const port = await makePort(kernel);
  const first = await port.ship();
  const [manifest, all] = [join(port.directory, manifestOf(first)), await names(port.directory)];
  const { ino } = await stat(manifest);
  await rm(join(port.directory, first.artifact.name));
  const signal = new AbortController().signal;
  await expect(configOf(port.request(), { cache: port.cache, signal })).rejects.toMatchObject({
    code: 'ARTIFACT_NOT_SHIPPED'
  });
  expect(await listArtifacts(port.request().target, signal)).toMatchObject([
    { id: first.artifact.id, distributions: 1, problem: expect.stringContaining(`${first.artifact.name} is missing`) }
  ]);
  expect(await port.ship({ more: { dryRun: true } })).toMatchObject({ uploadedBytes: first.artifact.bytes });
  expect(await port.ship()).toMatchObject({ reused: false, uploadedBytes: first.artifact.bytes });
  expect(await names(port.directory)).toEqual(all);
  expect((await stat(manifest)).ino).toBe(ino);
  expect(await port.ship()).toMatchObject({ reused: true, uploadedBytes: 0 });
});

test('a manifest that is gone is sent again, and the steps say so', async () => {
  const port = await makePort(kernel);
  const first = await port.ship();
  await rm(join(port.directory, manifestOf(first)));
  const details = new Map<string, string | undefined>();
  const emit = ({ name, state, detail }: StepEvent): void => {
    if (state === 'done') details.set(name, detail);
  };
  const { uploadedBytes } = await port.ship({ emit });
  expect(uploadedBytes).toBeGreaterThan(0);
  expect(details.get('upload')).toBe('nothing to send');
  expect(details.get('publish')).toMatch(/^manifest written, .* B$/);
});

test('a manifest without its artifact that speaks of another one stops the ship before anything is sent', async () => {
  const { port, sample, folder } = await makeSample();
  const text = await readFile(join(folder, manifestOf(sample)), 'utf8');
  const other = text.replaceAll(sample.artifact.sha256, '0'.repeat(64));
  await writeFile(join(port.directory, manifestOf(sample)), other);
  await expect(port.ship()).rejects.toMatchObject({
    code: 'TARGET_CONFLICT',
    message: expect.stringContaining(manifestOf(sample)),
    hint: expect.stringContaining(`elete ${manifestOf(sample)}`)
  });
  expect(await names(port.directory)).toEqual([manifestOf(sample)]);
  expect(await readFile(join(port.directory, manifestOf(sample)), 'utf8')).toBe(other);
});

test('what a killed ship left is used when it fits, and only the rest is sent', async () => {
  const { port, sample, folder, files } = await makeSample();
  await copyFile(join(folder, sample.artifact.name), join(port.directory, sample.artifact.name));
  const rest = files.filter(name => name !== sample.artifact.name);
  expect(await port.ship()).toMatchObject({ reused: false, uploadedBytes: await bytesOf(folder, rest) });
  expect(await names(port.directory)).toEqual(files);
});

test.each([
  ['artifact', (sample: ShipResult) => sample.artifact.name],
  ['code archive', (sample: ShipResult) => sample.code[0]?.name ?? ''],
  ['pointer file', (_: ShipResult, files: string[]) => files.find(name => name.startsWith('ship-env-code')) ?? '']
])('a left-over %s of the same size with other bytes is named, not used and not touched', async (_, nameOf) => {
  const { port, sample, folder, files } = await makeSample();
  const name = nameOf(sample, files);
  const path = join(port.directory, name);
  await copyFile(join(folder, name), path);
  await flipByte(path);
  const before = await readFile(path);
  for (const dryRun of [true, false]) {
    await expect(port.ship({ more: { dryRun } })).rejects.toMatchObject({
      code: 'TARGET_CONFLICT',
      message: expect.stringContaining(name),
      hint: expect.stringContaining(`elete ${name}`)
    });
  }
  expect(await names(port.directory)).toEqual([name]);
  expect(before.equals(await readFile(path))).toBe(true);
  await rm(path);
  await expect(port.ship()).resolves.toMatchObject({ type: 'result' });
});

test('a left-over of another size is told before anything is sent', async () => {
  const { port, sample } = await makeSample();
  await writeFile(join(port.directory, sample.artifact.name), 'half');
  await expect(port.ship()).rejects.toMatchObject({
    code: 'TARGET_CONFLICT',
    message: expect.stringContaining(sample.artifact.name)
  });
  expect(await names(port.directory)).toEqual([sample.artifact.name]);
});

test('a code archive that changed on the target is told although the environment is published', async () => {
  const port = await makePort(kernel);
  const { code } = await port.ship();
  await flipByte(join(port.directory, code[0]?.name ?? ''));
  await expect(port.ship()).rejects.toMatchObject({
    code: 'TARGET_CONFLICT',
    message: expect.stringContaining(code[0]?.name ?? '')
  });
});
