import { expect, test } from 'vitest';
import { parseMaster } from '../../src/deployments/registry.js';

test.each([
  ['', 'unnamed'],
  ['local-cluster[2,1,1024]', 'local-cluster'],
  ['local-cluster[ 2 , 1 , 1024 ]', 'local-cluster'],
  ['spark://host:7077', 'standalone'],
  ['spark://one:7077,two:7077', 'standalone'],
  ['spark://node-1.example.org:65535', 'standalone'],
  ['spark://10.0.0.1:7077', 'standalone'],
  ['spark://[fd00::1]:7077', 'standalone'],
  [' yarn ', 'yarn'],
  ['\tspark://host:7077\n', 'standalone'],
  ['  ', 'unnamed'],
  ['yarn', 'yarn'],
  ['k8s://https://host:6443', 'kubernetes'],
  ['k8s://host:6443', 'kubernetes'],
  ['k8s://http://127.0.0.1:8001', 'kubernetes'],
  ['k8s://https://kubernetes.default.svc', 'kubernetes'],
  ['k8s://https://[fd00::1]:443', 'kubernetes'],
  ['k8s://https://proxy.example.org/k8s/clusters/c-abc12', 'kubernetes'],
  ['sc://host', 'connect'],
  ['sc://node-1.example.org:15002', 'connect'],
  ['sc://[fd00::1]:15002', 'connect'],
  ['sc://host:443/;use_ssl=true', 'connect']
])('The master "%s" is %s', (master, deployment) => {
  expect(parseMaster(master)).toMatchObject({ master: master.trim(), deployment: { name: deployment } });
});

test.each([
  ['local', 'nothing to ship'],
  ['local[*]', 'nothing to ship'],
  ['local[2,4]', 'nothing to ship'],
  ['local-cluster[2]', 'three numbers'],
  ['sc://', 'SPARK_REMOTE'],
  ['sc://host:0', 'SPARK_REMOTE'],
  ['sc://host:65536', 'SPARK_REMOTE'],
  ['sc://host/path', 'SPARK_REMOTE'],
  ['k8s://', 'API server'],
  ['k8s:host', 'API server'],
  ['k8s://ftp://host', 'API server'],
  ['k8s://https://host:0', 'API server'],
  ['k8s://https://host:65536', 'API server'],
  ['k8s://https://ho st:6443', 'API server'],
  ['mesos://host', 'Mesos'],
  ['yarn-client', 'plain "yarn"'],
  ['spark://', 'with its port'],
  ['spark://host', 'with its port'],
  ['spark://host:', 'with its port'],
  ['spark://:7077', 'with its port'],
  ['spark://host:0', 'with its port'],
  ['spark://host:65536', 'with its port'],
  ['spark://one:7077,two', 'with its port'],
  ['spark://one:7077,', 'with its port'],
  ['spark://host:7077/', 'with its port'],
  ['spark://host:7077;yarn', 'with its port'],
  ['spark://ho st:7077', 'with its port'],
  ['spark://my_host:7077', 'underscore'],
  ['yarn;', 'local-cluster'],
  ['yarn;spark://host:7077', 'local-cluster'],
  ['YARN', 'local-cluster'],
  ['nonsense', 'local-cluster']
])('The master "%s" is refused with a hint', (master, hint) => {
  expect(() => parseMaster(master)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_MASTER_UNSUPPORTED',
      message: expect.stringContaining(`"${master}"`),
      hint: expect.stringContaining(hint)
    })
  );
});

test.each(['yarn\u0000', 'spark://host:7077\nyarn', 'local-cluster[2,\n1,1024]', 'yarn\u001b[2J', 'ya\u202ern'])(
  'The master %j is refused, and what cannot be seen of it is spelt out',
  master => {
    expect(() => parseMaster(master)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_MASTER_UNSUPPORTED',
        message: expect.not.stringMatching(/[\u0000-\u001f\u202e]/u)
      })
    );
  }
);

test.each([
  ['spark://ann:s3cret@host:7077', 'spark://…@host:7077'],
  ['ann:s3cret@host', '…@host'],
  ['k8s://https://ann:s3c/r@et@host', 'k8s://…@host'],
  ['spark://host:7077?token=s3cret', 'spark://host:7077?…'],
  ['sc://host:443/;token=s3 cret', 'sc://host:443/;…'],
  ['sc://ann:s3cret@host:443', 'sc://…@host:443']
])('The master "%s" is refused without its secret', (master, told) => {
  expect(() => parseMaster(master)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_MASTER_UNSUPPORTED',
      message: `"${told}" is not a Spark master that ship-env supports.`
    })
  );
});
