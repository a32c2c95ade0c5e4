import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { TargetSettings } from '../../../src/contract/target-settings.js';
import { openTarget, type Target } from '../../../src/targets/index.js';
import { startFaultyProxy, type Fault } from '../../support/faulty-proxy.js';
import { S3Server } from '../../support/s3-server.js';
import { calm, failure, makePayload, put } from '../../payloads/payloads.js';

let server: S3Server;

beforeAll(async () => {
  server = await S3Server.start();
  await server.createUser('bob', { accessKeyId: 'bobkey', secretAccessKey: 'bob-secret' });
  Object.assign(process.env, server.environment);
  delete process.env['AWS_CA_BUNDLE'];
  await server.createBucket('ship');
  return () => server.stop();
});

async function open(settings: TargetSettings): Promise<Target> {
  const target = await openTarget(settings);
  onTestFinished(() => target.close());
  return target;
}

async function openBehind(url: string, fault: Fault): Promise<Target> {
  const proxy = await startFaultyProxy(server.endpoint, fault);
  onTestFinished(() => proxy.stop());
  return open(server.settings(url, { endpoint: proxy.endpoint }));
}

test('the check says that deleting is not allowed', async () => {
  const client = server.client();
  onTestFinished(() => client.destroy());
  const allow = (Action: string[], Resource: string): object => ({
    Effect: 'Allow',
    Principal: 'bobkey',
    Action,
    Resource
  });
  const Statement = [
    allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::ship/*'),
    allow(['s3:ListBucket'], 'arn:aws:s3:::ship')
  ];
  await client.send(
    new PutBucketPolicyCommand({ Bucket: 'ship', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) })
  );
  const target = await open(server.settings('s3://ship/team', { profile: 'bob' }));
  const error = await failure(target.check(calm));
  expect(error).toMatchObject({
    code: 'TARGET_DENIED',
    message: expect.stringMatching(/^Deleting \.ship-env-probe-/u)
  });
});

test('the check of a good bucket tells three times and leaves nothing', async () => {
  const target = await open(server.settings('s3://ship/checked'));
  const probe = await target.check(calm);
  if ('parent' in probe) throw new Error('A store has no directory to make.');
  expect(probe.url).toBe('s3://ship/checked');
  for (const ms of [probe.writeMs, probe.readMs, probe.deleteMs]) expect(ms).toBeGreaterThan(0);
  await expect(target.list(calm)[Symbol.asyncIterator]().next()).resolves.toMatchObject({ done: true });
});

test('the check deletes its object when reading it back fails', async () => {
  const deleted: string[] = [];
  const target = await openBehind('s3://ship/team', ({ method, path, forward }) => {
    if (method === 'GET') return { status: 200, headers: { etag: '"x"' }, body: 'something else' };
    if (method === 'DELETE') deleted.push(path);
    return forward();
  });
  expect(await failure(target.check(calm))).toMatchObject({ code: 'TARGET_CHECKSUM' });
  expect(deleted).toHaveLength(1);
});

test('the check stops when it is aborted, and deletes its object all the same', async () => {
  const controller = new AbortController();
  const reason = new DOMException('cancelled', 'AbortError');
  const deleted: string[] = [];
  const target = await openBehind('s3://ship/team', async ({ method, path, forward }) => {
    const answer = await forward();
    if (method === 'PUT') controller.abort(reason);
    if (method === 'DELETE') deleted.push(path);
    return answer;
  });
  await expect(target.check(controller.signal)).rejects.toBe(reason);
  expect(deleted).toHaveLength(1);
});

test('bytes that change on the way are refused by the store and reported', async () => {
  const target = await openBehind('s3://ship/tampered', ({ method, body, forward }) =>
    method === 'PUT' ? forward(Buffer.from(body).fill(0, body.length - 1)) : forward()
  );
  for (const sent of [makePayload('env-0000000a.pex', 1000, 1), makePayload('env-0000000b.pex', 9 * 1024 * 1024, 1)]) {
    expect(await failure(put(target, sent, { signal: calm }))).toMatchObject({ code: 'TARGET_CHECKSUM' });
    expect(await target.stat(sent.name, calm)).toBeUndefined();
  }
});

test.each([1000, 20 * 1024 * 1024])('verify finds %d other bytes of the same size', async bytes => {
  const target = await open(server.settings('s3://ship/verified'));
  const name = `env-${bytes}.pex`;
  await put(target, makePayload(name, bytes, 1), { signal: calm });
  expect(await failure(target.verify(makePayload(name, bytes, 2), calm))).toMatchObject({ code: 'TARGET_CHECKSUM' });
  expect(await failure(target.verify(makePayload(name, bytes + 1, 1), calm))).toMatchObject({
    code: 'TARGET_CHECKSUM'
  });
  await target.verify(makePayload(name, bytes, 1), calm);
});

describe('a store with a certificate of its own', () => {
  let tls: S3Server;
  let cert: string;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ship-env-tls-'));
    const key = join(folder, 'key.pem');
    cert = join(folder, 'cert.pem');
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]
    ]);
    tls = await S3Server.start({ cert, key });
    return async () => {
      await tls.stop();
      await rm(folder, { recursive: true });
    };
  });

  test('is not trusted', async () => {
    const target = await open(server.settings('s3://ship/team', { endpoint: tls.endpoint }));
    expect(await failure(target.check(calm))).toMatchObject({ code: 'TARGET_TLS' });
  });

  test('is trusted when AWS_CA_BUNDLE names the certificate', async () => {
    vi.stubEnv('AWS_CA_BUNDLE', cert);
    onTestFinished(() => void vi.unstubAllEnvs());
    const target = await open(server.settings('s3://absent/team', { endpoint: tls.endpoint }));
    // The error is the store's own answer about the bucket, so the connection works.
    expect(await failure(target.check(calm))).toMatchObject({ code: 'TARGET_BUCKET_MISSING' });
  });

  test('is told from a store that is spoken to without TLS', async () => {
    const target = await open(server.settings('s3://ship/team', { endpoint: tls.endpoint.replace('https:', 'http:') }));
    expect(await failure(target.check(calm))).toMatchObject({
      code: 'TARGET_FAILED',
      hint: expect.stringContaining('https://')
    });
  });
});
