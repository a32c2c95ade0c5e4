import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DigestMemory } from '../../../src/payloads/digest-memory.js';
import { makePort, type Port } from '../port.js';
import { bucket, changeTarget, expectWhole, kernel, url, watch } from './ships.js';

const MIB = 1024 * 1024;

/** The cached segments, with their paths. */
async function segmentsOf({ cache }: Port): Promise<{ path: string; content: Buffer }[]> {
  const folder = join(cache.root, 'segments');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(file => file.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path, content: await readFile(path) };
    })
  );
}

/** Changes a byte of each cached segment, before its digests. */
async function damageSegments(of: Port, atMost = 1000): Promise<void> {
  for (const { path, content } of await segmentsOf(of)) {
    const at = Math.min(atMost, content.length >> 1);
    content.writeUInt8(content.readUInt8(at) ^ 1, at);
    await writeFile(path, content);
  }
}

/** The segment of numpy. */
async function largestSegment(of: Port): Promise<Buffer> {
  return (await segmentsOf(of)).map(({ content }) => content).reduce((a, b) => (a.length < b.length ? b : a));
}

test.each([
  ['read for an MD5', 1000, false],
  ['not read at all', 8 * MIB, true]
])('a process that remembers ships right what was damaged in the cache and is %s', async (_, at, isLeft) => {
  const own = await makePort(kernel);
  const digests = new DigestMemory();
  await watch(own, undefined, { digests }).result;
  const whole = await largestSegment(own);
  await kernel.install('toml==0.10.2');
  onTestFinished(() => kernel.uninstall('toml'));
  await damageSegments(own, at);
  const damaged = await largestSegment(own);
  const second = await watch(own, undefined, { digests }).result;
  expect(second.copiedBytes).toBeGreaterThan(10 * MIB);
  await expectWhole(second);
  expect(second.findings).toEqual([]);
  // The ship that sends the segment notices it.
  expect((await largestSegment(own)).equals(isLeft ? damaged : whole)).toBe(true);
  changeTarget();
  await expectWhole(await watch(own, undefined, { digests }).result);
  expect((await largestSegment(own)).equals(whole)).toBe(true);
});

test('a segment that was damaged in the cache is compressed anew, also when the store copies it', async () => {
  const own = await makePort(kernel);
  await watch(own).result;
  await kernel.install('toml==0.10.2');
  onTestFinished(() => kernel.uninstall('toml'));
  await damageSegments(own);
  const second = await watch(own).result;
  expect(second.copiedBytes).toBeGreaterThan(10 * MIB);
  await expectWhole(second);
});

test('a segment that was damaged in the cache is compressed anew, and nothing of it is published', async () => {
  const own = await makePort(kernel);
  await watch(own).result;
  await damageSegments(own);
  changeTarget();
  const { artifact, ...again } = await watch(own).result;
  await expectWhole({ artifact, ...again });
  expect((await bucket.leftBelow(url)).uploads).toBe(0);
});
