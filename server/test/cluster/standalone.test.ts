import { mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { shipRequest, type ShipResult } from '../../src/contract/ship.js';
import { ship } from '../../src/ship/ship.js';
import { Kernel } from '../deployments/spark/support/kernel.js';
import { makeSparkHome } from '../deployments/spark/support/spark.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { expectGroupedMeans, expectUpdated, lookFromAnExecutor, startSession } from './questions.js';
import { startStandalone, type Standalone } from './standalone.js';
import { removeFolder } from '../support/temporary.js';

// A real cluster on a busy machine: this time limit only stops a test that hangs.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let folder: string;
/** The node unpacks below this folder. */
let nodeRoot: string;
let venv: KernelVenv;
let cluster: Standalone;
let kernel: Kernel;
let cache: Cache;

function shipNow(format = 'pex'): Promise<ShipResult> {
  const request = shipRequest.parse({
    python: venv.python,
    target: { name: '', url: `file://${join(folder, 'target')}` },
    master: cluster.master,
    format
  });
  return ship(request, { cache, signal: new AbortController().signal, emit: () => undefined });
}

/** Names and inodes of the environments and distributions on the node, hidden ones included. */
async function unpacked(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const kind of ['env', 'dist']) {
    const [layout = ''] = await readdir(nodeRoot);
    const parent = join(nodeRoot, layout, kind);
    for (const name of await readdir(parent)) found[join(kind, name)] = (await stat(join(parent, name))).ino;
  }
  return found;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-cluster-'));
  venv = await makeKernelVenv('numpy', 'pandas<3', 'pyarrow', 'scikit-learn');
  const env = await makeSparkHome(folder);
  nodeRoot = join(folder, 'node');
  cluster = await startStandalone(folder, { ...env, SHIP_ENV_NODE_ROOT: nodeRoot }, [
    join(venv.folder, 'venv'),
    join(venv.folder, 'harbour')
  ]);
  cache = await Cache.open(join(folder, 'cache'));
  kernel = new Kernel(venv.python, env, folder);
});

afterAll(async () => {
  // Undefined when the set-up failed.
  await (kernel as Kernel | undefined)?.close();
  await (cluster as Standalone | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

test('a standalone worker that cannot see the venv or the source runs the environment, and takes over new code', async () => {
  const { cell } = await shipNow();
  await startSession(kernel, cell, [venv.python, venv.module], ['sklearn']);
  const first = await lookFromAnExecutor(kernel);
  expect(first).toMatchObject({ sees: [false, false], version: 'v1', dot: 14 });
  for (const path of [first.numpy, first.harbour, first.python]) expect(path).not.toContain(venv.folder);
  // The modules come from the environment that the artifact made on the node, not from the PEX; the python is the
  // environment's own.
  for (const path of [first.numpy, first.python]) expect(path.startsWith(`${nodeRoot}/`), path).toBe(true);
  expect(first.harbour).toMatch(/\/\.ship-env-code-harbour-[0-9a-f]{16}-[0-9a-f]{32}\/harbour\/__init__\.py$/);

  await expectGroupedMeans(kernel);

  await venv.edit('v2');
  await expectUpdated(kernel, await shipNow());
  expect(await lookFromAnExecutor(kernel)).toMatchObject({ version: 'v2', python: first.python });

  const before = await unpacked();
  expect(Object.keys(before).some(name => name.startsWith('dist/'))).toBe(true);
  await kernel.run(`
spark.stop()
preload = builder.config("spark.executorEnv.SHIP_ENV_PRELOAD", "numpy, pandas,pyarrow,sklearn.ensemble,harbour")
spark = preload.getOrCreate()
`);
  expect(await lookFromAnExecutor(kernel), 'a second application').toMatchObject({ python: first.python });
  expect(await unpacked(), 'nothing is unpacked again').toEqual(before);
  // The threads of these libraries do not exist after the fork.
  await kernel.run(`
def use(_):
    import sys
    loaded = [name for name in ("numpy", "pandas", "pyarrow", "sklearn.ensemble") if name in sys.modules]
    import numpy, pandas, pyarrow, pyarrow.compute
    from sklearn.ensemble import HistGradientBoostingRegressor
    matrix = numpy.random.rand(1000, 1000)
    table = pyarrow.table({"x": numpy.arange(10**6)})
    HistGradientBoostingRegressor(max_iter=3).fit(matrix[:, :3], (matrix @ matrix)[0])
    return [loaded, table.to_pandas(use_threads=True)["x"].max().item() == pyarrow.compute.max(table["x"]).as_py()]
`);
  expect(await kernel.run('', 'spark.sparkContext.parallelize([0, 1], 2).map(use).collect()')).toEqual([
    [['numpy', 'pandas', 'pyarrow', 'sklearn.ensemble'], true],
    [['numpy', 'pandas', 'pyarrow', 'sklearn.ensemble'], true]
  ]);
});

test('the same with an archive, which Spark unpacks into the working directory of the executor', async () => {
  await venv.edit('v1');
  const { cell } = await shipNow('archive');
  await kernel.run('spark.stop()');
  await startSession(kernel, cell, [venv.python, venv.module], ['sklearn']);
  const first = await lookFromAnExecutor(kernel);
  expect(first).toMatchObject({ sees: [false, false], version: 'v1', dot: 14 });
  const work = join(folder, 'work');
  expect(first.python.startsWith(`${work}/`) && first.python.endsWith('/environment/bin/python'), first.python).toBe(
    true
  );
  expect(first.numpy).toMatch(/\/environment\/lib\/python[^/]+\/site-packages\/numpy\/__init__\.py$/);
  expect(first.numpy.startsWith(`${work}/`), first.numpy).toBe(true);

  await expectGroupedMeans(kernel);

  await venv.edit('v2');
  await expectUpdated(kernel, await shipNow('archive'));
  expect(await lookFromAnExecutor(kernel)).toMatchObject({ version: 'v2', python: first.python });
});
