import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { isShipEnvError } from '../../src/errors.js';
import { openTarget } from '../../src/targets/index.js';
import { encodedPath, parseTargetUrl, shownUrl } from '../../src/targets/url.js';
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
    ['file://~', `file://${homedir()}`],
    ['HDFS://cluster//a/b c/', 'hdfs://cluster/a/b%20c'],
    ['hdfs://host:8020/a', 'hdfs://host:8020/a'],
    ['hdfs:///user/ann', 'hdfs:///user/ann'],
    ['abfss://box@account.dfs.core.windows.net/a', 'abfss://box@account.dfs.core.windows.net/a']
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
    ['hdfs://host:9000', 'hdfs://host:9000/folder'],
    ['hdfs:///', 'hdfs://cluster/folder'],
    ['hdfs://ann@host/dir', 'Remove it'],
    ['abfss://ann:x@host/dir', 'Remove it'],
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

test.each([
  ['S3A://Bucket', { scheme: 's3a', authority: 'Bucket', segments: [] }],
  ['x+y.z-1://h//a%20b/ü/', { scheme: 'x+y.z-1', authority: 'h', segments: ['a b', 'ü'] }],
  ['file:///...', { scheme: 'file', authority: '', segments: ['...'] }]
])('%s is taken apart', (text, parts) => {
  expect(parseTargetUrl(text)).toEqual(parts);
});

test('a part of a path is escaped as far as Spark and readers need', () => {
  expect(encodedPath(['a b', 'x?#,%', 'k=v:w;z+'])).toBe('a%20b/x%3F%23%2C%25/k=v:w;z+');
});

test.each([
  ['s3://bucket/a', '"s3://bucket/a"'],
  ['s3://host:9000/a', '"s3://host:9000/a"'],
  ['s3://bucket/a?sig=1#x', '"s3://bucket/a?…"'],
  ['bucket#x', '"bucket#…"'],
  ['s3://me@bucket', 's3://…'],
  ['s3://me%40bucket', 's3://…'],
  ['s3://me:90pw/a', 's3://…'],
  ['s3://me:pw9/a', 's3://…'],
  ['me@bucket', '…'],
  ['1s3://me:pw/a', '"1s3://me:pw/a"'],
  ['a"b', '"a\\"b"']
])('%s is shown as %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

test.each([
  [
    ' nowhere ',
    'The target must be a URL; this is not one: "nowhere".',
    's3://bucket/prefix, file:///directory or hdfs://cluster/folder'
  ],
  ['say s3://bucket', 'The target must be a URL; this is not one: "say s3://bucket".', 's3://bucket/prefix'],
  ['s3://me@bucket', 'The target URL holds a user name or password: s3://….', 'AWS profile'],
  ['s3://b/x?y#z', 'The target URL has a part after "?": "s3://b/x?…".', '%3F for "?" and %23 for "#"'],
  ['s3://b/100%', 'The target URL is not well escaped: "s3://b/100%".', '%25'],
  ['s3://b/\ud800', 'The target URL is not well escaped: "s3://b/\\ud800".', '%25'],
  ['s3://b/./x', 'The target URL has a path segment that is not allowed: "s3://b/./x".', '".."'],
  ['s3://b/%7F', 'The target URL has a path segment that is not allowed: "s3://b/%7F".', 'control characters']
])('what is wrong with %j is told', (text, message, hint) => {
  expect(() => parseTargetUrl(text)).toThrow(
    expect.objectContaining({ code: 'TARGET_URL_INVALID', message, hint: expect.stringContaining(hint) })
  );
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
