import { DeleteObjectCommand, ListMultipartUploadsCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openTarget } from '../../../src/targets/index.js';
import { calm, failure, makePayload, put } from '../../payloads/payloads.js';
import { useBucket } from './bucket.js';
import { readFacts } from '../../../src/targets/reading.js';

const bucket = useBucket();
const NAME = 'env-0123456789abcdef0123.pex';

test.each([
  ['of one request', 5000],
  ['in parts', 9 << 20]
])('an object %s keeps its identity until it is written again', async (_, bytes) => {
  const url = bucket.freshUrl();
  const target = await bucket.open(url);
  const payload = makePayload(NAME, bytes, 1);
  await put(target, payload, { signal: calm });
  const identity = await target.verify(payload, calm);
  expect(identity).toBeDefined();
  expect(await target.stat(NAME, calm)).toMatchObject({ identity });
  const { sha256 } = payload;
  expect(await readFacts(target, NAME, { signal: calm })).toMatchObject({ bytes, sha256, identity });
  await bucket.client.send(
    new DeleteObjectCommand({ Bucket: 'ship', Key: `${url.slice('s3://ship/'.length)}/${NAME}` })
  );
  expect(await readFacts(target, NAME, { signal: calm })).toBeUndefined();
  await put(target, makePayload(NAME, bytes, 2), { signal: calm });
  const other = await target.stat(NAME, calm);
  expect(other?.identity).toBeDefined();
  expect(other?.identity).not.toBe(identity);
});

test('who may only read is told before anything is written, and no upload stays open', async () => {
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
  const url = bucket.freshUrl();
  const target = await openTarget(bucket.server.settings(url, { profile: '' }));
  onTestFinished(() => target.close());
  expect(await failure(target.requireWritable(calm))).toMatchObject({
    code: 'TARGET_DENIED',
    message: expect.stringContaining(url)
  });
  await (await bucket.open(url)).requireWritable(calm);
  const open = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket: 'ship' }));
  expect(open.Uploads ?? []).toEqual([]);
  expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
});
