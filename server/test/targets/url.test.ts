import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { isShipEnvError } from '../../src/errors.js';
import { openTarget } from '../../src/targets/index.js';
import { settingsAt } from '../support/target-settings.js';

describe('a target URL has one spelling', () => {
  test.each([
    ['s3://bucket', 's3://bucket'],
    ['s3://bucket/', 's3://bucket'],
    [' s3://bucket/a//b/ ', 's3://bucket/a/b'],
    ['s3a://bucket/a', 's3://bucket/a'],
    ['S3://bucket/A', 's3://bucket/A'],
    ['s3://bucket/team a/ü', 's3://bucket/team%20a/%C3%BC'],
    ['s3://bucket/team%20a/%C3%BC', 's3://bucket/team%20a/%C3%BC'],
    ['s3://bucket/day=1,2/50%25', 's3://bucket/day=1%2C2/50%25'],
    ['file:///srv/ship/', 'file:///srv/ship'],
    ['file://localhost/srv/ship', 'file:///srv/ship'],
    ['file:///srv/my ship/ü', 'file:///srv/my%20ship/%C3%BC'],
    ['file:///srv/a%23b%3Fc', 'file:///srv/a%23b%3Fc'],
    ['file://~/ship', `file://${homedir()}/ship`],
    ['file://~', `file://${homedir()}`]
  ])('%s', async (text, canonical) => {
    expect((await openTarget(settingsAt(text))).url).toBe(canonical);
    expect((await openTarget(settingsAt(canonical))).url).toBe(canonical);
  });
});

describe('what is no target URL is refused', () => {
  test.each([
    ['', 's3://'],
    ['bucket/prefix', 's3://'],
    ['/srv/ship', 'file:///'],
    ['./ship', 'file:///'],
    ['~/ship', 'file://~/'],
    ['ftp://host/dir', 's3://'],
    ['hdfs://host:9000/dir', 's3://'],
    ['s3:///prefix', 's3://bucket'],
    ['s3://', 's3://bucket'],
    ['s3://localhost:9000/bucket', 'endpoint'],
    ['s3://My_Bucket/x', 'lower-case'],
    ['s3://ab/x', '3 to 63'],
    ['s3://a..b/x', 'bucket'],
    ['s3://bucket/a/../b', '".."'],
    ['s3://bucket/a%2Fb', 'slashes'],
    ['s3://bucket/a%0Ab', 'control'],
    ['s3://bucket/100%', '%25'],
    ['s3://bucket/x?versionId=1', '%3F'],
    ['s3://bucket/x#y', '%23'],
    ['file://data/ship', 'three slashes'],
    ['file://./ship', 'three slashes'],
    ['file:///', 'file:///'],
    ['file:///srv/../etc', '".."']
  ])('%j', async (text, hint) => {
    const error = await refusal(text);
    expect(error.code).toBe('TARGET_URL_INVALID');
    expect(error.hint).toContain(hint);
  });

  test.each([
    's3://ann:canary@bucket/x',
    's3://ann:can/ary@bucket/x',
    's3://ann:canary/x',
    'file://ann:canary@host/x',
    'ann:canary@x',
    'x://ann:canary@b',
    'x://ann:canary%40b',
    's3://bucket/x?X-Amz-Credential=can&X-Amz-Signature=ary',
    'https://bucket.example.org/x?X-Amz-Signature=canary',
    'bucket/x?X-Amz-Signature=canary',
    'x://bucket/x#canary'
  ])('%s, without a word of its password or signature', async text => {
    const error = await refusal(text);
    expect(error.code).toBe('TARGET_URL_INVALID');
    expect(`${error.message} ${error.hint}`).not.toMatch(/can|ary/u);
  });
});

test('a directory is addressed as Spark splits and decodes it', async () => {
  const target = await openTarget(settingsAt('file:///srv/a,b c'));
  expect(target.access.uri('env-1.pex')).toBe('file:///srv/a%2Cb%20c/env-1.pex');
  expect(target.access.sparkProperties()).toEqual({});
});

test('only a directory can be shared with the nodes', async () => {
  await expect(openTarget(settingsAt('s3://bucket/x', { shared: true }))).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    message: expect.stringContaining('s3://bucket/x'),
    hint: expect.stringContaining('--shared')
  });
  expect((await openTarget(settingsAt('file:///srv/x', { shared: true }))).url).toBe('file:///srv/x');
});

test('a directory has no settings of S3', async () => {
  const refused = openTarget(settingsAt('file:///srv/x', { profile: 'team', region: 'eu-1', pathStyle: false }));
  await expect(refused).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    message: expect.stringMatching(/"file:\/\/\/srv\/x".*"Region", "AWS profile"\.$/u),
    hint: expect.stringContaining('"Region", "AWS profile"')
  });
});

async function refusal(text: string): Promise<{ code: string; message: string; hint: string }> {
  try {
    await openTarget(settingsAt(text));
  } catch (error) {
    if (isShipEnvError(error)) return error;
    throw error;
  }
  throw new Error(`${text} was taken.`);
}
