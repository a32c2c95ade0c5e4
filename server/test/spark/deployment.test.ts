import { expect, test } from 'vitest';
import { deploymentOf } from '../../src/spark/index.js';

test.each([
  ['', 'unnamed'],
  ['local-cluster[2,1,1024]', 'local-cluster'],
  ['local-cluster[ 2 , 1 , 1024 ]', 'local-cluster'],
  ['spark://host:7077', 'standalone'],
  ['spark://one:7077,two:7077', 'standalone'],
  ['yarn', 'yarn']
])('The master "%s" is %s', (master, deployment) => {
  expect(deploymentOf(master)).toBe(deployment);
});

test.each([
  ['local', 'nothing to ship'],
  ['local[*]', 'nothing to ship'],
  ['local[2,4]', 'nothing to ship'],
  ['local-cluster[2]', 'three numbers'],
  ['sc://host', 'Spark Connect'],
  ['k8s://https://host', 'Kubernetes'],
  ['mesos://host', 'Mesos'],
  ['yarn-client', 'plain "yarn"'],
  ['spark://', 'local-cluster'],
  [' yarn', 'local-cluster'],
  ['nonsense', 'local-cluster']
])('The master "%s" is refused with a hint', (master, hint) => {
  expect(() => deploymentOf(master)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_MASTER_UNSUPPORTED',
      message: expect.stringContaining(`"${master}"`),
      hint: expect.stringContaining(hint)
    })
  );
});
