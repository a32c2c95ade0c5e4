import { expect, test } from 'vitest';
import { memoryFindings } from '../../src/deployments/kubernetes/memory.js';
import { parseNodeCache } from '../../src/deployments/kubernetes/node-cache.js';
import { parseMaster } from '../../src/deployments/registry.js';
import { shippedOf } from './spark/support/conf.js';
import { manifestOf } from './spark/support/code.js';

const MASTER = 'k8s://https://host:6443';

async function confWith(nodeCache = ''): Promise<Record<string, string>> {
  const access = {
    uri: (name: string) => `s3a://bucket/${name}`,
    sparkProperties: () => ({}),
    executablePath: () => Promise.resolve(undefined)
  };
  const options = { master: MASTER, shared: false, target: 's3://bucket', deployMode: 'client', defaults: {} } as const;
  const { conf } = await parseMaster(MASTER).deployment.arrange(
    shippedOf({ manifest: manifestOf('env-1234'), code: [] }),
    access,
    { ...options, nodeCache }
  );
  return { ...conf };
}

test('Executors in pods are told the address of the driver, not the one that it binds to, and unpack in their container', async () => {
  const conf = await confWith();
  expect(conf).toMatchObject({
    'spark.files': 's3a://bucket/env-1234.pex',
    'spark.pyspark.python': './env-1234.pex',
    'spark.kubernetes.executor.useDriverPodIP': 'false'
  });
  expect(Object.keys(conf).filter(key => /volumes|NODE_ROOT/.test(key))).toEqual([]);
});

test('A folder of the nodes is a hostPath volume, and the node root a folder in it', async () => {
  expect(await confWith(' /var/cache/ship env ')).toMatchObject({
    'spark.kubernetes.executor.volumes.hostPath.shipenv.mount.path': '/ship-env-node',
    'spark.kubernetes.executor.volumes.hostPath.shipenv.options.path': '/var/cache/ship env',
    'spark.executorEnv.SHIP_ENV_NODE_ROOT': '/ship-env-node/ship-env'
  });
});

test.each(['cache', './cache', '/', '//', '/var/../etc', 'emptyDir', '/a\nb', 'hostPath:/a'])(
  'The node cache %j is refused, and the hint says what is possible',
  text => {
    expect(() => parseNodeCache(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_NODE_CACHE_INVALID',
        hint: expect.stringContaining('/var/cache/ship-env')
      })
    );
  }
);

test('Too little memory beside the JVM is a finding, until the person decides about it', () => {
  const findings = (properties: Record<string, string>) =>
    memoryFindings({ spark: { properties, file: undefined } as never }).map(({ subject }) => subject);
  expect(findings({})).toEqual(['spark.executor.memoryOverheadFactor']);
  for (const key of ['spark.executor.memoryOverheadFactor', 'spark.executor.memoryOverhead']) {
    expect(findings({ [key]: '1' })).toEqual([]);
  }
});
