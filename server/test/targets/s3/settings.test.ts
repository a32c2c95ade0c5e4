import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SettingsOf } from '../../../src/contract/target-settings.js';
import { openTarget } from '../../../src/targets/index.js';
import { settingsAt } from '../../support/target-settings.js';
import { temporaryFolder } from '../../support/temporary.js';

const DEFAULT_PROVIDERS =
  'org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider,org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider,' +
  'software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider,' +
  'software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider,org.apache.hadoop.fs.s3a.auth.IAMInstanceCredentialsProvider';

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  // Each test has a new path, since the SDK reads a file once.
  const config = join(await temporaryFolder(), 'config');
  await writeFile(config, CONFIG);
  vi.stubEnv('AWS_CONFIG_FILE', config);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', `${config}-none`);
});

const CONFIG = `
[default]
region = eu-north-1

[profile lab]
region = eu-west-3
endpoint_url = https://lab.example.org/

[profile split]
services = split-services

[services split-services]
s3 =
  endpoint_url = https://s3.split.example.org
`;

/** The S3A properties of a target, without their common beginning. */
async function properties(own: Partial<SettingsOf<'s3'>> = {}): Promise<Record<string, string>> {
  const target = await openTarget(settingsAt('s3://bucket/x', own));
  target.close();
  const bucket = target.url.split('/')[2] ?? '';
  return Object.fromEntries(
    Object.entries(target.access.sparkProperties()).map(([key, value]) => [
      key.replace(`spark.hadoop.fs.s3a.bucket.${bucket}.`, ''),
      value
    ])
  );
}

test('with nothing set, S3A is left to find Amazon’s bucket and credentials', async () => {
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  expect(await properties()).toEqual({ 'aws.credentials.provider': DEFAULT_PROVIDERS });
});

test('what is set wins over the environment, and a profile is named, never a key', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://other.example.org');
  vi.stubEnv('AWS_REGION', 'ap-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'canary-key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-secret');
  const found = await properties({
    endpoint: 'https://s3.example.org:9000/',
    region: 'eu-1',
    pathStyle: true,
    profile: 'lab'
  });
  expect(found).toEqual({
    endpoint: 'https://s3.example.org:9000',
    'endpoint.region': 'eu-1',
    'path.style.access': 'true',
    'connection.ssl.enabled': 'true',
    'aws.credentials.provider': 'org.apache.hadoop.fs.s3a.auth.ProfileAWSCredentialsProvider',
    'auth.profile.name': 'lab'
  });
});

describe('what is empty follows the AWS conventions', () => {
  test.each<[string, Record<string, string>, Partial<SettingsOf<'s3'>>, string | undefined, string | undefined]>([
    [
      'the endpoint for S3',
      { AWS_ENDPOINT_URL_S3: 'http://s3.example.org', AWS_ENDPOINT_URL: 'http://all.example.org' },
      {},
      'http://s3.example.org',
      'eu-north-1'
    ],
    [
      'the endpoint for all',
      { AWS_ENDPOINT_URL: 'http://all.example.org' },
      {},
      'http://all.example.org',
      'eu-north-1'
    ],
    [
      'endpoints that are to be ignored',
      { AWS_ENDPOINT_URL: 'http://all.example.org', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      {},
      undefined,
      'eu-north-1'
    ],
    ['the region', { AWS_REGION: 'eu-2', AWS_DEFAULT_REGION: 'eu-3' }, {}, undefined, 'eu-2'],
    ['the default region', { AWS_DEFAULT_REGION: 'eu-3' }, {}, undefined, 'eu-3'],
    ['the profile of the settings', {}, { profile: 'lab' }, 'https://lab.example.org', 'eu-west-3'],
    ['the profile of the environment', { AWS_PROFILE: 'lab' }, {}, 'https://lab.example.org', 'eu-west-3'],
    ['the services of a profile', {}, { profile: 'split' }, 'https://s3.split.example.org', 'us-east-1'],
    [
      'us-east-1 for a store that has no regions',
      { AWS_PROFILE: 'split' },
      { endpoint: 'http://10.0.0.1:9000' },
      'http://10.0.0.1:9000',
      'us-east-1'
    ]
  ])('%s', async (_, environment, own, endpoint, region) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const found = await properties(own);
    expect(found['endpoint']).toBe(endpoint);
    expect(found['endpoint.region']).toBe(region);
  });
});

test.each([
  ['http://127.0.0.1:9000', 's3://bucket/x', 'true'],
  ['http://[::1]:9000', 's3://bucket/x', 'true'],
  ['http://localhost:9000', 's3://bucket/x', 'true'],
  ['', 's3://bucket.with.dots/x', 'true'],
  ['http://s3.example.org', 's3://bucket/x', undefined]
])('the bucket stands in the path where it cannot be a host name: %s %s', async (endpoint, url, expected) => {
  expect((await properties({ endpoint, url }))['path.style.access']).toBe(expected);
});

test.each<[string, Partial<SettingsOf<'s3'>>]>([
  ['an endpoint without a scheme', { endpoint: 'localhost:9000' }],
  ['an endpoint that is no URL', { endpoint: 'my store' }],
  ['an endpoint with a password', { endpoint: 'http://ann:canary@store' }],
  ['an endpoint with a query', { endpoint: 'http://store/?canary' }],
  ['a region with a space', { region: 'eu canary' }],
  ['a profile with a line break', { profile: 'a\ncanary' }]
])('%s is refused', async (_, own) => {
  const error: unknown = await properties(own).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'SETTINGS_INVALID', message: expect.not.stringContaining('canary') });
});

test('a certificate file that is not there is refused by name', async () => {
  vi.stubEnv('AWS_CA_BUNDLE', '/nowhere/ca.pem');
  await expect(properties()).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    message: expect.stringContaining('/nowhere/ca.pem')
  });
});
