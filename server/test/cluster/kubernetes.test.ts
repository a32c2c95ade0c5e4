import { chmod, mkdir, mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { shipRequest, type ShipRequestInput, type ShipResult } from '../../src/contract/ship.js';
import { ship } from '../../src/ship/ship.js';
import { Cache } from '../../src/system/cache/cache.js';
import { Kernel } from '../deployments/spark/support/kernel.js';
import { makeSparkHome } from '../deployments/spark/support/spark.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { removeFolder } from '../support/temporary.js';
import { addCredentials, S3_PROPERTIES, startKubernetes, type Kubernetes } from './kubernetes.js';
import { expectGroupedMeans, expectUpdated, lookFromAnExecutor, startSession } from './questions.js';

// A real Spark on a busy machine: this time limit only stops a test that hangs.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let folder: string;
let venv: KernelVenv;
let env: Record<string, string>;
let server: S3Server;
let cluster: Kubernetes;
let cache: Cache;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-kubernetes-'));
  venv = await makeKernelVenv('numpy', 'pandas<3', 'pyarrow');
  server = await S3Server.start();
  Object.assign(process.env, server.environment);
  await server.createBucket('ship');
  cluster = await startKubernetes(folder);
  await addCredentials(cluster.server, server.credentialsFile);
  env = {
    ...(await makeSparkHome(folder)),
    ...server.environment,
    ...(await cluster.clientEnv(S3_PROPERTIES))
  };
  cache = await Cache.open(join(folder, 'cache'));
});

afterAll(async () => {
  // Undefined when the set-up failed.
  await (cluster as Kubernetes | undefined)?.stop();
  await (server as S3Server | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

/** A kernel for one test: a kernel keeps the Spark properties of its first session. */
function newKernel(): Kernel {
  const kernel = new Kernel(venv.python, env, folder);
  onTestFinished(() => kernel.close());
  return kernel;
}

function shipTo(target: ShipRequestInput['target'], nodeCache: string): Promise<ShipResult> {
  const request = shipRequest.parse({ python: venv.python, target, master: cluster.master, nodeCache });
  return ship(request, { cache, signal: new AbortController().signal, emit: () => undefined });
}

/** Names and inodes of the distributions and environments below a node root. */
async function unpacked(nodeRoot: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const kind of ['env', 'dist']) {
    const parent = join(nodeRoot, 'ship-env-3', kind);
    for (const name of await readdir(parent)) found[join(kind, name)] = (await stat(join(parent, name))).ino;
  }
  return found;
}

test('a pod runs what the driver serves, takes over new code, and leaves the environment to the pods of the next session', async () => {
  const target = { name: '', url: `file://${join(folder, 'target')}` };
  const volume = join(folder, 'volume');
  await mkdir(volume);
  await chmod(volume, 0o1777);
  const { cell, artifact } = await shipTo(target, volume);
  const kernel = newKernel();
  await startSession(kernel, cell, [venv.python, venv.module, join(folder, 'target', artifact.name)]);
  const first = await lookFromAnExecutor(kernel);
  expect(first).toMatchObject({ sees: [false, false, false], version: 'v1', dot: 14, folder: '/opt/spark/work-dir' });
  // The environment that the artifact made on the node's volume.
  const nodeRoot = '/ship-env-node/ship-env/ship-env-3/';
  for (const path of [first.python, first.numpy]) expect(path.startsWith(nodeRoot), path).toBe(true);
  expect(first.harbour).toMatch(/^\/opt\/spark\/work-dir\/.*harbour-[0-9a-f]{16}/);

  await expectGroupedMeans(kernel);

  await venv.edit('v2');
  await expectUpdated(kernel, await shipTo(target, volume));
  expect(await lookFromAnExecutor(kernel)).toMatchObject({ version: 'v2', python: first.python });
  expect(cluster.pods()).toHaveLength(1);

  const before = await unpacked(join(volume, 'ship-env'));
  await kernel.run('spark.stop()\nspark = builder.getOrCreate()');
  expect(await lookFromAnExecutor(kernel), 'another pod').toMatchObject({ python: first.python, dot: 14 });
  expect(cluster.pods()).toHaveLength(2);
  expect(await unpacked(join(volume, 'ship-env')), 'nothing is unpacked again').toEqual(before);
  await kernel.run('spark.stop()');
});

test('a pod fetches everything from S3 by itself, and unpacks it in its container', async () => {
  await venv.edit('v1');
  const target = server.settings('s3://ship/envs', { region: 'us-east-1' });
  const { cell } = await shipTo(target, '');
  const kernel = newKernel();
  await startSession(kernel, cell, [venv.python, venv.module]);
  const first = await lookFromAnExecutor(kernel);
  expect(first).toMatchObject({ sees: [false, false], version: 'v1', dot: 14 });
  for (const path of [first.python, first.numpy]) expect(path.startsWith('/tmp/ship-env-'), path).toBe(true);

  await venv.edit('v2');
  await expectUpdated(kernel, await shipTo(target, ''));
  expect(await lookFromAnExecutor(kernel)).toMatchObject({ version: 'v2', python: first.python });
});
