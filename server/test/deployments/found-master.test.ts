import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { podConfiguredHere } from '../../src/deployments/kubernetes/configured-here.js';
import { parseMaster, resolveMaster } from '../../src/deployments/registry.js';
import { acceptRequest } from '../../src/ship/accept.js';
import { shipRequest } from '../../src/contract/ship.js';
import { targetSettings } from '../../src/contract/target-settings.js';
import type { SparkProperties } from '../../src/spark/properties.js';
import { openTarget } from '../../src/targets/index.js';
import { temporaryFolder } from '../support/temporary.js';

async function found(env: NodeJS.ProcessEnv, properties: SparkProperties): Promise<object> {
  const { master, reason } = await resolveMaster('auto', env, properties);
  return { master, reason };
}

/** A folder with an empty yarn-site.xml. */
async function yarnFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'yarn-site.xml'), '<configuration/>');
  return folder;
}

test('The first thing that names a master decides, in the order of pyspark', async () => {
  const env: NodeJS.ProcessEnv = { SPARK_REMOTE: 'spark://remote:1', HADOOP_CONF_DIR: await yarnFolder() };
  const properties = { 'spark.master': 'spark://host:7077' };
  expect(await found(env, properties)).toEqual({ master: 'spark://remote:1', reason: 'which SPARK_REMOTE names' });
  delete env['SPARK_REMOTE'];
  expect(await found(env, properties)).toEqual({
    master: 'spark://host:7077',
    reason: 'which spark.master in spark-defaults.conf names'
  });
  expect(await found(env, { ...properties, 'spark.remote': 'spark://one:1' })).toMatchObject({
    master: 'spark://one:1'
  });
  expect(await found(env, {})).toEqual({ master: 'yarn', reason: 'since HADOOP_CONF_DIR holds yarn-site.xml' });
  expect(await found({ YARN_CONF_DIR: env['HADOOP_CONF_DIR'] }, {})).toMatchObject({ master: 'yarn' });
});

test.each([
  ['nothing', {}],
  ['a HADOOP_CONF_DIR without YARN', { HADOOP_CONF_DIR: '/nowhere' }],
  ['the Kubernetes API outside of a pod', { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }]
])('With %s, the master is a cluster of this machine', async (_, env) => {
  expect(await found(env, {})).toEqual({
    master: 'local-cluster[2,1,1024]',
    reason: 'since nothing names another Spark master'
  });
});

test('A ship with the master auto takes the one that spark-defaults.conf names', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'conf'));
  await writeFile(join(folder, 'conf', 'spark-defaults.conf'), 'spark.master spark://host:7077\nspark.files /a.txt\n');
  const settings = targetSettings.parse({ name: '', url: `file://${folder}` });
  const target = await openTarget(settings);
  const request = shipRequest.parse({ python: '/nowhere/bin/python', target: settings, master: ' auto ' });
  const accepted = await acceptRequest(request, target, { SPARK_HOME: folder });
  expect(accepted).toMatchObject({
    request: { master: 'spark://host:7077' },
    deployment: { name: 'standalone' },
    reason: 'which spark.master in spark-defaults.conf names',
    spark: { properties: { 'spark.files': '/a.txt' } }
  });
});

test('A pod with a service account finds the cluster of the pod', async () => {
  const token = join(await temporaryFolder(), 'token');
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  expect(await podConfiguredHere(env, token)).toBeUndefined();
  await writeFile(token, 'of the service account');
  const found = { master: 'k8s://https://[fd00::1]:443', reason: 'since this machine is a pod with a service account' };
  expect(await podConfiguredHere(env, token)).toEqual(found);
  expect(parseMaster(found.master).deployment.name).toBe('kubernetes');
  expect(await podConfiguredHere({}, token)).toBeUndefined();
});

test('A found master that is not supported says where it was found', () => {
  expect(() => parseMaster('local[*]', 'which spark.master in spark-defaults.conf names')).toThrow(
    expect.objectContaining({
      message:
        '"local[*]", which spark.master in spark-defaults.conf names, is not a Spark master that ship-env supports.'
    })
  );
});
