import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { shipRequest, type ShipResult } from '../../src/contract/ship.js';
import type { TargetSettings } from '../../src/contract/target-settings.js';
import { ship } from '../../src/ship/ship.js';
import { Cache } from '../../src/system/cache/cache.js';
import { Kernel } from '../deployments/spark/support/kernel.js';
import { makeSparkHome } from '../deployments/spark/support/spark.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { expectGroupedMeans, expectUpdated, lookFromAnExecutor, startSession } from './questions.js';
import { startYarn, type Yarn } from './yarn.js';
import { removeFolder } from '../support/temporary.js';

let folder: string;
let directory: string;
let venv: KernelVenv;
let server: S3Server;
let yarn: Yarn;
let kernel: Kernel;
let cache: Cache;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-yarn-'));
  directory = join(folder, 'target');
  await mkdir(directory);
  server = await S3Server.start();
  Object.assign(process.env, server.environment);
  await server.createBucket('ship');
  venv = await makeKernelVenv('numpy', 'pandas<3', 'pyarrow');
  const env = await makeSparkHome(folder);
  yarn = await startYarn(folder, {
    env,
    hidden: [join(venv.folder, 'venv'), join(venv.folder, 'harbour'), directory],
    executorEnv: server.environment
  });
  for (const name of ['SPARK_HOME', 'HADOOP_CONF_DIR']) vi.stubEnv(name, { ...env, ...yarn.clientEnv }[name]);
  cache = await Cache.open(join(folder, 'cache'));
  kernel = new Kernel(venv.python, { ...env, ...server.environment, ...yarn.clientEnv }, folder);
});

afterAll(async () => {
  // Undefined where the set-up failed.
  await (kernel as Kernel | undefined)?.close();
  await (yarn as Yarn | undefined)?.stop();
  await (server as S3Server | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

function shipTo(target: Partial<TargetSettings>): Promise<ShipResult> {
  const request = shipRequest.parse({ python: venv.python, target, master: 'yarn', format: 'archive' });
  return ship(request, { cache, signal: new AbortController().signal, emit: () => undefined });
}

test.each([
  ['a directory that the node cannot see', () => ({ name: '', url: `file://${directory}` })],
  ['S3', () => server.settings('s3://ship/envs', { region: 'us-east-1' })],
  ['HDFS', () => ({ name: '', url: `${yarn.hdfs}/user/ann/envs` })]
])('an archive from %s runs in a container of YARN, and takes over new code', async (_where, targetOf) => {
  await venv.edit('v1');
  const { artifact, cell, conf } = await shipTo(targetOf());
  expect(conf).toMatchObject({ 'spark.yarn.dist.archives': expect.stringMatching(/\.tar\.gz#environment$/) });
  await startSession(kernel, cell, [venv.python, venv.module, join(directory, artifact.name)]);
  try {
    const first = await lookFromAnExecutor(kernel);
    expect(first).toMatchObject({ sees: [false, false, false], version: 'v1', dot: 14 });
    expect(first.folder).toMatch(/\/container_\w+$/);
    expect(first.folder.startsWith(`${yarn.work}/`), first.folder).toBe(true);
    expect(first.python).toBe(join(first.folder, 'environment', 'bin', 'python'));
    expect(first.numpy).toMatch(/\/site-packages\/numpy\/__init__\.py$/);
    expect(first.numpy.startsWith(join(first.folder, 'environment', 'lib', 'python')), first.numpy).toBe(true);
    expect(first.harbour.startsWith(`${yarn.work}/`), first.harbour).toBe(true);

    await expectGroupedMeans(kernel);

    await venv.edit('v2');
    await expectUpdated(kernel, await shipTo(targetOf()));
    // The same container: nothing was started anew.
    expect(await lookFromAnExecutor(kernel)).toMatchObject({
      version: 'v2',
      folder: first.folder,
      python: first.python
    });
  } finally {
    await kernel.run('spark.stop()');
  }
});
