import { expect, test } from 'vitest';
import { SESSION_PROPERTY } from '../../src/contract/current.js';
import type { CodeArchive, Manifest } from '../../src/contract/manifest.js';
import { s3SparkProperties } from '../../src/targets/s3/spark.js';
import { manifestOf } from '../deployments/spark/support/code.js';
import { sparkConfOf } from '../deployments/spark/support/conf.js';

const IS_OURS = new RegExp(`^(?:${SESSION_PROPERTY})$`, 'u');

const code: CodeArchive = { name: 'a', fileName: 'a-1.zip', bytes: 1, sha256: 'a', modules: ['a'] };
const target = {
  uri: (name: string) => `s3a://my.lake/p/${name}`,
  sparkProperties: () =>
    s3SparkProperties({
      url: 's3://my.lake/p',
      bucket: 'my.lake',
      keyPrefix: 'p/',
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-west-1',
      pathStyle: true,
      profile: 'lake',
      checksums: { request: undefined, response: undefined },
      declined: []
    })
};

// The masters of all deployments. A deployment with a property of another name needs this name in the contract.
test.each(
  ['', 'local-cluster[2,1,1024]', 'spark://host:7077', 'yarn', 'k8s://host'].flatMap(master =>
    (['pex', 'archive'] as const).map(format => [master, format] as const)
  )
)('a driver finds every property of its environment: "%s", %s', async (master, format) => {
  const manifest = { ...manifestOf('env-1234'), format } as Manifest;
  const conf = await sparkConfOf({ manifest, code: [code], pointer: 'p.json', target, master, nodeCache: '/cache' });
  expect(conf.map(([name]) => name).filter(name => !IS_OURS.test(name))).toEqual([]);
});

test.each([
  'spark.hadoop.fs.s3a.secret.key',
  'spark.hadoop.fs.s3a.bucket.my.lake.secret.key',
  'spark.hadoop.fs.s3a.bucket.my.lake.access.key',
  'spark.hadoop.fs.s3a.bucket.my.lake.session.token',
  'spark.authenticate.secret',
  'spark.app.id',
  'spark.driver.host',
  'sparkXmaster',
  'spark.files.overwrite'
])('and nothing else: %s', name => {
  expect(IS_OURS.test(name)).toBe(false);
});
