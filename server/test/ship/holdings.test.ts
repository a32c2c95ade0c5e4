import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { makeKernelVenv } from '../support/kernel-venv.js';
import { useBucket } from '../targets/s3/bucket.js';
import { makePort, ofAnotherPython } from './port.js';

const bucket = useBucket();
/** Several times as many as are read at a time. */
const NEWER = 40;

test('an artifact is copied from, however many newer ones of another Python lie on the target', async () => {
  const kernel = await makeKernelVenv('numpy==2.1.0');
  onTestFinished(() => kernel.remove());
  const [url, port] = [bucket.freshUrl(), await makePort(kernel)];
  const target = bucket.server.settings(url);
  const { artifact } = await port.ship({ more: { target } });
  const object = (name: string): { Bucket: string; Key: string } => ({
    Bucket: 'ship',
    Key: `${url.slice('s3://ship/'.length)}/${name}`
  });
  const { Body } = await bucket.client.send(new GetObjectCommand(object(`${artifact.id}.json`)));
  const foreign = ofAnotherPython((await Body?.transformToString()) ?? '');
  for (let number = 0; number < NEWER; number += 1) {
    const name = `env-${String(number).padStart(20, '0')}.json`;
    await bucket.client.send(new PutObjectCommand({ ...object(name), Body: foreign }));
  }
  await kernel.install('toml==0.10.2');
  const { copiedBytes, uploadedBytes } = await port.ship({ more: { target } });
  expect(copiedBytes).toBeGreaterThan(10_000_000);
  expect(uploadedBytes).toBeLessThan(1_000_000);
});
