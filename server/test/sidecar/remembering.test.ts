import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { ShipResult } from '../../src/contract/ship.js';
import { makeKernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { Sidecar } from '../support/sidecar.js';

const MB = 1_000_000;

/** Bytes that a process has read so far from files and sockets (`rchar` of proc(5)). */
async function readBy(pid: number): Promise<number> {
  return Number(/^rchar: (\d+)$/mu.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

test('a sidecar that has sent an environment does not read it again when a package was added', async () => {
  const [kernel, server] = await Promise.all([makeKernelVenv('numpy==2.1.0'), S3Server.start()]);
  onTestFinished(async () => {
    await Promise.all([kernel.remove(), server.stop()]);
  });
  await server.createBucket('bucket');
  const sidecar = await Sidecar.start(server.environment);
  const ship = async (): Promise<ShipResult & { readBytes: number }> => {
    const before = await readBy(sidecar.pid);
    const target = server.settings('s3://bucket/x');
    const result = await sidecar.ship({ python: kernel.python, target });
    return { ...result, readBytes: (await readBy(sidecar.pid)) - before };
  };
  const inAll = (await ship()).artifact.bytes;
  expect(inAll).toBeGreaterThan(15 * MB);
  await kernel.install('toml==0.10.2');
  // The part with the head has no MD5 yet.
  expect((await ship()).readBytes).toBeLessThan(inAll / 2);
  await kernel.install('idna==3.10');
  const { copiedBytes, readBytes } = await ship();
  expect(copiedBytes).toBeGreaterThan(15 * MB);
  expect(readBytes).toBeLessThan(5 * MB);
  expect(await sidecar.end()).toBe(0);
});
