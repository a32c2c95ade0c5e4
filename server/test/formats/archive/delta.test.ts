import { createHash } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShipResult } from '../../../src/contract/ship.js';
import { makePort } from '../../ship/port.js';
import { makeKernelVenv, type KernelVenv } from '../../support/kernel-venv.js';
import { useBucket } from '../../targets/s3/bucket.js';

const MIB = 1024 * 1024;

const bucket = useBucket();
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('numpy==2.1.0', 'six==1.17.0');
});
afterAll(() => kernel.remove());

test('an archive takes over what an archive brought, and nothing of a PEX, whose bytes are others', async () => {
  const url = bucket.freshUrl();
  const port = await makePort(kernel);
  const ship = (format: string): Promise<ShipResult> =>
    port.ship({ more: { target: bucket.server.settings(url), format } });
  const expectWhole = async ({ artifact }: ShipResult): Promise<void> => {
    const Key = `${url.slice('s3://ship/'.length)}/${artifact.name}`;
    const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: 'ship', Key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifact.sha256);
  };

  await ship('pex');
  const first = await ship('archive');
  expect(first).toMatchObject({ reused: false, copiedBytes: 0 });
  await kernel.install('toml==0.10.2');
  const second = await ship('archive');
  expect(second.artifact.name).toMatch(/^env-[0-9a-f]{20}\.tar\.gz$/);
  expect(second.copiedBytes).toBeGreaterThan(10 * MIB);
  expect(second.uploadedBytes).toBeLessThan(MIB);
  await expectWhole(first);
  await expectWhole(second);
  await expect(ship('archive')).resolves.toMatchObject({ reused: true, uploadedBytes: 0 });
});
