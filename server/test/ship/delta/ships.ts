/** Ships to a store that holds artifacts already: what the tests of this folder watch, change and check. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest';
import { manifest as manifestSchema } from '../../../src/contract/manifest.js';
import type { ShipResult, StepEvent } from '../../../src/contract/ship.js';
import type { DigestMemory } from '../../../src/payloads/digest-memory.js';
import { startFaultyProxy, type Fault, type Passing } from '../../support/faulty-proxy.js';
import { makeKernelVenv, type KernelVenv } from '../../support/kernel-venv.js';
import { useBucket } from '../../targets/s3/bucket.js';
import { makePort, type Port } from '../port.js';

export const bucket = useBucket();

/** The environment of the tests of a file. */
export let kernel: KernelVenv;
beforeAll(async () => {
  // One distribution that is large enough to be copied, and one that comes after the packages of the tests.
  kernel = await makeKernelVenv('numpy==2.1.0', 'six==1.17.0');
});
afterAll(() => kernel.remove());

/** The target of the present test, which is empty at first. */
export let url: string;
/** Where the ships of the present test come from. */
export let port: Port;
beforeEach(async () => {
  // One cache for all: numpy is compressed once.
  [url, port] = [bucket.freshUrl(), await makePort(kernel, join(kernel.folder, 'cache'))];
});

/** Later ships of the test go to another target, which is empty. */
export function changeTarget(): void {
  url = bucket.freshUrl();
}

/** The requests of a ship to the store, and the bytes of their bodies. */
interface Watched {
  result: Promise<ShipResult>;
  copies: number;
  bytes: number;
}

export function watch(from: Port, fault: Fault = passing => passing.forward(), more: Shipping = {}): Watched {
  const watched: Watched = { result: Promise.reject(new Error('not begun')), copies: 0, bytes: 0 };
  watched.result.catch(() => undefined);
  watched.result = (async () => {
    const proxy = await startFaultyProxy(bucket.server.endpoint, passing => {
      // The record of the ship is no part of what the ship sends.
      if (!/ship-env-ship-/u.test(passing.path)) watched.bytes += passing.body.length;
      if (isCopy(passing)) watched.copies += 1;
      return fault(passing);
    });
    onTestFinished(() => proxy.stop());
    return from.ship({ more: { target: bucket.server.settings(url, { endpoint: proxy.endpoint }) }, ...more });
  })();
  return watched;
}

interface Shipping {
  signal?: AbortSignal;
  emit?: (event: StepEvent) => void;
  digests?: DigestMemory;
}

export function isCopy({ headers }: Passing): boolean {
  return headers['x-amz-copy-source'] !== undefined;
}

/** The bytes of an object below the target. */
export async function download(name: string): Promise<Buffer> {
  const command = new GetObjectCommand({ Bucket: 'ship', Key: keyOf(name) });
  const { Body } = await bucket.client.send(command);
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

export function keyOf(name: string): string {
  return `${url.slice('s3://ship/'.length)}/${name}`;
}

/** Checks that the artifact on the target matches its manifest, and that no upload is unfinished. */
export async function expectWhole({ artifact }: ShipResult): Promise<void> {
  const { artifact: described } = manifestSchema.parse(
    JSON.parse((await download(`${artifact.id}.json`)).toString('utf8'))
  );
  const bytes = await download(artifact.name);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(described.sha256);
  expect(described).toEqual({ name: artifact.name, bytes: bytes.length, sha256: artifact.sha256 });
  expect((await bucket.leftBelow(url)).uploads).toBe(0);
}

/** Ships, and installs a small package. */
export async function shipAndInstall(): Promise<ShipResult> {
  const first = await watch(port).result;
  await kernel.install('toml==0.10.2');
  onTestFinished(() => kernel.uninstall('toml'));
  return first;
}
