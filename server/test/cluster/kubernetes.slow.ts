import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../../../scripts/cluster/kubernetes/api.mjs';
import { addServiceAccount, startRealApi } from '../../../scripts/cluster/kubernetes/real-api.mjs';
import { shipRequest, type ShipResult } from '../../src/contract/ship.js';
import { ship } from '../../src/ship/ship.js';
import { Cache } from '../../src/system/cache/cache.js';
import { Kernel } from '../deployments/spark/support/kernel.js';
import { makeSparkHome } from '../deployments/spark/support/spark.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { removeFolder } from '../support/temporary.js';
import { startKubernetes, type Kubernetes } from './kubernetes.js';
import { expectGroupedMeans, expectUpdated, lookFromAnExecutor, startSession } from './questions.js';

let folder: string;
let venv: KernelVenv;
let env: Record<string, string>;
let cluster: Kubernetes;
let cache: Cache;
/** Properties of whoever has the token in that file. */
let authentication: (file: string) => Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-kubernetes-'));
  venv = await makeKernelVenv('numpy', 'pandas<3', 'pyarrow');
  const api = await startRealApi(join(folder, 'api'));
  cluster = await startKubernetes(folder, api);
  for (const [name, mayRunSpark] of [['notebook', true] as const, ['stranger', false] as const]) {
    await writeFile(join(folder, name), await addServiceAccount(api, name, mayRunSpark), { mode: 0o600 });
  }
  authentication = file => ({
    'spark.kubernetes.authenticate.caCertFile': api.caFile,
    'spark.kubernetes.authenticate.oauthTokenFile': file
  });
  env = await makeSparkHome(folder);
  cache = await Cache.open(join(folder, 'cache'));
});

afterAll(async () => {
  // Undefined when the set-up failed.
  await (cluster as Kubernetes | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

function shipNow(): Promise<ShipResult> {
  const target = { name: '', url: `file://${join(folder, 'target')}` };
  const request = shipRequest.parse({ python: venv.python, target, master: cluster.master });
  return ship(request, { cache, signal: new AbortController().signal, emit: () => undefined });
}

test('a session with the token of a service account runs the environment, and runs on after its pod was deleted', async () => {
  const properties = authentication(join(folder, 'notebook'));
  const kernel = new Kernel(venv.python, { ...env, ...(await cluster.clientEnv(properties)) }, folder);
  try {
    const { cell } = await shipNow();
    await startSession(kernel, cell, [venv.python, venv.module]);
    const first = await lookFromAnExecutor(kernel);
    expect(first).toMatchObject({ sees: [false, false], version: 'v1', dot: 14 });
    await expectGroupedMeans(kernel);
    await venv.edit('v2');
    await expectUpdated(kernel, await shipNow());

    const [pod] = cluster.pods();
    await ask(cluster.server, 'DELETE', `/api/v1/namespaces/default/pods/${pod?.name ?? ''}`);
    // The pod that replaces it gets the code of the update, too.
    await pod?.ended();
    expect(await lookFromAnExecutor(kernel)).toMatchObject({ sees: [false, false], version: 'v2', dot: 14 });
    expect(cluster.pods()).toHaveLength(2);
  } finally {
    await kernel.close();
  }
});

test('a service account that may create no pods is told so', async () => {
  const properties = authentication(join(folder, 'stranger'));
  const kernel = new Kernel(venv.python, { ...env, ...(await cluster.clientEnv(properties)) }, folder);
  try {
    const { cell } = await shipNow();
    await expect(startSession(kernel, cell, [])).rejects.toThrow(
      /system:serviceaccount:default:stranger.* cannot \w+ resource/
    );
  } finally {
    await kernel.close();
  }
});
