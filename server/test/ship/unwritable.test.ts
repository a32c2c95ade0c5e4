import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { StepEvent } from '../../src/contract/ship.js';
import { makeKernelVenv } from '../support/kernel-venv.js';
import { useBucket } from '../targets/s3/bucket.js';
import { makePort } from './port.js';

const bucket = useBucket();

test('who may only read a target is told before anything is compressed; a dry run and an unchanged ship need no more', async () => {
  const kernel = await makeKernelVenv('six==1.17.0');
  onTestFinished(() => kernel.remove());
  // Without code, the artifact is written first.
  await kernel.uninstall('harbour');
  const keys = { accessKeyId: 'readerkey', secretAccessKey: 'reader-secret' };
  await bucket.server.createUser('reader', keys);
  const Statement = [
    { Effect: 'Allow', Principal: 'readerkey', Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::ship/*' },
    { Effect: 'Allow', Principal: 'readerkey', Action: ['s3:ListBucket'], Resource: 'arn:aws:s3:::ship' }
  ];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await bucket.client.send(new PutBucketPolicyCommand({ Bucket: 'ship', Policy }));
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', keys.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.secretAccessKey);
  onTestFinished(() => void vi.unstubAllEnvs());
  const [url, port] = [bucket.freshUrl(), await makePort(kernel)];
  const target = bucket.server.settings(url, { profile: '' });
  const events: StepEvent[] = [];
  const shipping = port.ship({ more: { target }, emit: event => events.push(event) });
  await expect(shipping).rejects.toMatchObject({ code: 'TARGET_DENIED', message: expect.stringContaining(url) });
  expect(events.map(({ name }) => name)).not.toContain('upload');
  expect(await readdir(join(port.cache.root, 'segments')).catch(() => [])).toEqual([]);
  expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  await expect(port.ship({ more: { target, dryRun: true } })).resolves.toMatchObject({ dryRun: true });
  await port.ship({ more: { target: bucket.server.settings(url) } });
  await expect(port.ship({ more: { target } })).resolves.toMatchObject({ reused: true, uploadedBytes: 0 });
});
