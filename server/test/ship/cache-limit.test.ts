import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitOf, shipEnv, startShipEnv } from '../support/bundle.js';
import { startFaultyProxy } from '../support/faulty-proxy.js';
import { gate } from '../support/gate.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { temporaryFolder } from '../support/temporary.js';

let kernel: KernelVenv;
let server: S3Server;
beforeAll(async () => {
  [kernel, server] = await Promise.all([makeKernelVenv('idna==3.10'), S3Server.start()]);
  await server.createBucket('bucket');
});
afterAll(() => Promise.all([kernel.remove(), server.stop()]));

async function segmentsIn(home: string): Promise<string[]> {
  const names = await readdir(join(home, '.cache', 'ship-env', 'segments'), { recursive: true, withFileTypes: true });
  return names.filter(entry => entry.isFile()).map(entry => entry.name);
}

test('a ship of another process, which has no room in the cache, takes nothing from one that is under way', async () => {
  const home = await temporaryFolder();
  const [writing, goesOn] = [gate(), gate()];
  const proxy = await startFaultyProxy(server.endpoint, async passing => {
    if (passing.method !== 'GET' && passing.method !== 'HEAD' && /env-[0-9a-f]+\.pex/u.test(passing.path)) {
      writing.open();
      await goesOn.promise;
    }
    return passing.forward();
  });
  const noRoom = { SHIP_ENV_CACHE_LIMIT: '0' };
  const other = ['ship', '--python', kernel.python, '--target', `file://${home}/other`, '--exclude', 'harbour'];
  try {
    const first = startShipEnv(home, ['ship', '--python', kernel.python, '--target', 's3://bucket/held'], {
      ...server.environment,
      AWS_PROFILE: 'root',
      AWS_ENDPOINT_URL_S3: proxy.endpoint
    });
    const ended = exitOf(first);
    await writing.promise;
    const segments = await segmentsIn(home);
    expect(segments).not.toEqual([]);
    expect(await shipEnv(home, other, noRoom)).toMatchObject({ exitCode: 0 });
    expect(await segmentsIn(home)).toEqual(segments);
    goesOn.open();
    expect(await ended).toBe(0);
  } finally {
    goesOn.open();
    await proxy.stop();
  }
  expect(await shipEnv(home, other, noRoom)).toMatchObject({ exitCode: 0 });
  expect(await segmentsIn(home)).toEqual([]);
});
