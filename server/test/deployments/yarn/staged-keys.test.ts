import { expect, test } from 'vitest';
import { parseMaster } from '../../../src/deployments/registry.js';
import { NO_SPARK } from '../../../src/spark/defaults.js';

const nothing = { spark: NO_SPARK, pyspark: undefined };
const keys = { AWS_ACCESS_KEY_ID: 'AKIA-of-the-test', AWS_SECRET_ACCESS_KEY: 'secret-of-the-test' };

test('AWS keys in the environment are a finding on YARN, which says how to avoid it and no key', () => {
  const [finding] = parseMaster('yarn').deployment.findings({ ...nothing, env: keys });
  expect(finding).toMatchObject({
    kind: 'staged-keys',
    message: expect.stringMatching(/staging folder.*profile.*jceks/su)
  });
  for (const key of Object.values(keys)) expect(JSON.stringify(finding)).not.toContain(key);
});

test.each([
  ['on another master', 'spark://host:7077', keys],
  ['without a secret key', 'yarn', { AWS_ACCESS_KEY_ID: 'AKIA' }],
  ['without keys', 'yarn', {}]
])('there is no finding %s', (_, master, env) => {
  expect(parseMaster(master).deployment.findings({ ...nothing, env })).toEqual([]);
});
