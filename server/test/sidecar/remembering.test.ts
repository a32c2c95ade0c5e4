import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { shipResult, type ShipResult } from '../../src/contract/ship.js';
import { exitOf, startShipEnv } from '../support/bundle.js';
import { makeKernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { temporaryFolder } from '../support/temporary.js';

const MB = 1_000_000;

/** Asks the sidecar; its answer to the end. */
function ask(socketPath: string, method: string, path: string, body?: unknown): Promise<string> {
  const headers = { 'X-Ship-Env-Token': 'token', 'Content-Type': 'application/json' };
  return new Promise((resolve, reject) => {
    request({ socketPath, method, path, headers }, response => {
      text(response).then(resolve, reject);
    })
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Bytes that a process has read so far, of files and sockets (`rchar` of proc(5)). */
async function readBy(pid: number | undefined): Promise<number> {
  return Number(/^rchar: (\d+)$/mu.exec(await readFile(`/proc/${pid ?? 0}/io`, 'utf8'))?.[1]);
}

test('a sidecar that has sent an environment does not read it again when a package was added', async () => {
  const [kernel, server] = await Promise.all([makeKernelVenv('numpy==2.1.0'), S3Server.start()]);
  onTestFinished(async () => {
    await Promise.all([kernel.remove(), server.stop()]);
  });
  await server.createBucket('bucket');
  const home = await temporaryFolder();
  const socket = join(home, 'socket');
  const sidecar = startShipEnv(home, ['serve', '--socket', socket], { ...server.environment, SHIP_ENV_TOKEN: 'token' });
  const exited = exitOf(sidecar);
  await once(sidecar.stdout, 'data');
  const ship = async (): Promise<ShipResult & { readBytes: number }> => {
    const before = await readBy(sidecar.pid);
    const target = server.settings('s3://bucket/x');
    const { id } = JSON.parse(await ask(socket, 'POST', '/ships', { python: kernel.python, target })) as { id: string };
    const events = (await ask(socket, 'GET', `/ships/${id}/events`)).trim().split('\n');
    const result = shipResult.parse(JSON.parse(events.at(-1)?.replace(/^data: /u, '') ?? ''));
    return { ...result, readBytes: (await readBy(sidecar.pid)) - before };
  };
  const inAll = (await ship()).artifact.bytes;
  expect(inAll).toBeGreaterThan(15 * MB);
  await kernel.install('toml==0.10.2');
  // The part that holds the head has no MD5 yet.
  expect((await ship()).readBytes).toBeLessThan(inAll / 2);
  await kernel.install('idna==3.10');
  const { copiedBytes, readBytes } = await ship();
  expect(copiedBytes).toBeGreaterThan(15 * MB);
  expect(readBytes).toBeLessThan(5 * MB);
  sidecar.stdin.end();
  expect(await exited).toBe(0);
});
