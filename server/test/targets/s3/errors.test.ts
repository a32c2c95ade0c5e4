import { inspect } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorCode } from '../../../src/contract/errors.js';
import type { SettingsOf } from '../../../src/contract/target-settings.js';
import { toErrorObject, type ShipEnvError } from '../../../src/errors.js';
import { openTarget, type Target } from '../../../src/targets/index.js';
import { locationOf } from '../../../src/targets/s3/location.js';
import { openS3Target } from '../../../src/targets/s3/s3-target.js';
import { parseTargetUrl } from '../../../src/targets/url.js';
import { S3Server } from '../../support/s3-server.js';
import { answering, closedPort, silentServer, talkingServer, webServer } from './bad-servers.js';
import { calm, failure, makePayload, put } from '../../payloads/payloads.js';
import { readSmall } from '../../../src/targets/reading.js';

/** A secret that must never appear in an error. */
const CANARY = 'canary-Zm9yZ2V0LW1l';
const payload = makePayload('env-00000001.pex', 1000);
let server: S3Server;

beforeAll(async () => {
  server = await S3Server.start();
  await server.addProfile('wrong', { ...server.root, secretAccessKey: CANARY });
  await server.addProfile('unknown', { accessKeyId: 'nobody', secretAccessKey: CANARY });
  await server.createUser('ann', { accessKeyId: 'annkey', secretAccessKey: CANARY });
  Object.assign(process.env, server.environment);
  await server.createBucket('ship');
  return () => server.stop();
});

/** The requests to a target. */
const ASKED: Record<string, (target: Target) => Promise<unknown>> = {
  head: target => target.stat('x', calm),
  put: target => put(target, payload, { signal: calm }),
  read: target => readSmall(target, 'x', calm),
  verify: target => target.verify(payload, calm),
  list: async target => {
    for await (const entry of target.list(calm))
      throw new Error(`There should be nothing, but ${entry.name} is there.`);
  },
  remove: target => target.remove('x', calm),
  check: target => target.check(calm)
};

describe.each(Object.entries(ASKED))('%s says what is wrong', (_, ask) => {
  const cases: [string, ErrorCode, () => Partial<SettingsOf<'s3'>> | Promise<Partial<SettingsOf<'s3'>>>][] = [
    ['when the bucket is missing', 'TARGET_BUCKET_MISSING', () => ({ url: 's3://absent/x' })],
    ['when the secret key is wrong', 'TARGET_SIGNATURE', () => ({ profile: 'wrong' })],
    ['when the access key is unknown', 'TARGET_SIGNATURE', () => ({ profile: 'unknown' })],
    ['when the region is wrong', 'TARGET_SIGNATURE', () => ({ region: 'eu-west-1' })],
    ['when the user has no right', 'TARGET_DENIED', () => ({ profile: 'ann' })],
    ['when there is no such profile', 'TARGET_CREDENTIALS_MISSING', () => ({ profile: 'absent' })],
    ['when there are no credentials', 'TARGET_CREDENTIALS_MISSING', () => ({ profile: '' })],
    ['when nothing listens', 'TARGET_REFUSED', async () => ({ endpoint: await closedPort() })],
    ['when the host does not exist', 'TARGET_NAME_NOT_FOUND', () => ({ endpoint: 'http://store.invalid' })],
    [
      'when the host of the bucket does not exist',
      'TARGET_NAME_NOT_FOUND',
      () => ({ endpoint: 'http://store.invalid', pathStyle: false })
    ],
    ['when the store has no TLS', 'TARGET_TLS', () => ({ endpoint: server.endpoint.replace('http:', 'https:') })],
    [
      'when something else answers',
      'TARGET_FAILED',
      async () => ({ endpoint: await talkingServer('SSH-2.0-OpenSSH_9.2\r\n') })
    ],
    ['when the connection is cut', 'TARGET_FAILED', async () => ({ endpoint: await talkingServer('') })],
    ['when the store is broken', 'TARGET_FAILED', async () => ({ endpoint: await answering(500, 'InternalError') })],
    ['when the store is overloaded', 'TARGET_FAILED', async () => ({ endpoint: await answering(503, 'SlowDown') })],
    ['when the store is full', 'DISK_FULL', async () => ({ endpoint: await answering(507, 'XMinioStorageFull') })]
  ];

  test.each(cases)('%s', async (_case, code, own) => {
    const settings = { ...server.settings('s3://ship/team'), ...(await own()) };
    const target = await openTarget(settings);
    onTestFinished(() => target.close());
    const error = await failure(ask(target));
    expect(error.code).toBe(code);
    expect(error.message).toContain(settings.url);
    expect(error.hint).not.toBe('');
    expectNoSecret(error);
  });
});

// A page that says "deleted" cannot be told from a store that has nothing to delete.
describe.each(['<html>Welcome', '<html><body>Welcome</body></html>', ''])('when a web server answers %o,', page => {
  test.each(Object.entries(ASKED).filter(([name]) => name !== 'remove'))('%s says so', async (_, ask) => {
    const target = await openTarget(server.settings('s3://ship/team', { endpoint: await webServer(page) }));
    onTestFinished(() => target.close());
    expect(await failure(ask(target))).toMatchObject({
      code: 'TARGET_FAILED',
      hint: expect.stringContaining('web console')
    });
  });
});

test('a store that takes the connection and never answers is given up', async () => {
  const impatient = { connectMs: 500, idleMs: 300, attempts: 1 };
  const settings = server.settings('s3://ship/team', { endpoint: await silentServer() });
  const target = await openS3Target(locationOf(parseTargetUrl(settings.url)), settings, {
    ship: impatient,
    check: impatient
  });
  onTestFinished(() => target.close());
  for (const ask of Object.values(ASKED)) expect(await failure(ask(target))).toMatchObject({ code: 'TARGET_TIMEOUT' });
});

test('waiting for a store that never answers ends with the signal', async () => {
  const controller = new AbortController();
  const reason = new DOMException('cancelled', 'AbortError');
  const target = await openTarget(
    server.settings('s3://ship/team', { endpoint: await silentServer(() => controller.abort(reason)) })
  );
  onTestFinished(() => target.close());
  await expect(target.stat('x', controller.signal)).rejects.toBe(reason);
});

/** The error as it is sent, and as a debugger prints it with its causes. */
function expectNoSecret(error: ShipEnvError): void {
  expect(JSON.stringify(toErrorObject(error))).not.toContain(CANARY);
  expect(inspect(error, { depth: 12, showHidden: true, maxStringLength: null })).not.toContain(CANARY);
}
