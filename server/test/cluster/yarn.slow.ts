import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { shipRequest, type ShipResult } from '../../src/contract/ship.js';
import type { TargetSettings } from '../../src/contract/target-settings.js';
import { ship } from '../../src/ship/ship.js';
import { Cache } from '../../src/system/cache/cache.js';
import { Kernel } from '../deployments/spark/support/kernel.js';
import { makeSparkHome } from '../deployments/spark/support/spark.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { startYarn, type Yarn } from './yarn.js';
import { removeFolder } from '../support/temporary.js';

// Real servers on a machine that others use as well: this only stops what hangs.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let folder: string;
let directory: string;
let venv: KernelVenv;
let server: S3Server;
let yarn: Yarn;
let kernel: Kernel;
let cache: Cache;

const origins = z.object({
  python: z.string(),
  numpy: z.string(),
  harbour: z.string(),
  folder: z.string(),
  /** Does the executor see the kernel's environment, the source folder, the artifact in the target? */
  sees: z.array(z.boolean()),
  version: z.string(),
  dot: z.number()
});

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

async function lookFromAnExecutor(): Promise<z.infer<typeof origins>> {
  return origins.parse(await kernel.run('', 'spark.sparkContext.parallelize([0], 1).map(look).first()'));
}

test.each([
  ['a directory that the node cannot see', () => ({ name: '', url: `file://${directory}` })],
  ['S3', () => server.settings('s3://ship/envs', { region: 'us-east-1' })]
])('an archive from %s runs in a container of YARN, and takes over new code', async (_where, targetOf) => {
  await venv.edit('v1');
  const { artifact, cell, conf } = await shipTo(targetOf());
  expect(conf).toMatchObject({ 'spark.yarn.dist.archives': expect.stringMatching(/\.tar\.gz#environment$/) });
  const hidden = JSON.stringify([venv.python, venv.module, join(directory, artifact.name)]);
  await kernel.run(`${cell}
spark = builder.getOrCreate()

def look(_):
    import os, sys, harbour, numpy
    return {
        "python": sys.executable, "numpy": numpy.__file__, "harbour": harbour.__file__, "folder": os.getcwd(),
        "sees": [os.path.exists(path) for path in ${hidden}], "version": harbour.version(),
        "dot": int(numpy.dot([1, 2, 3], [1, 2, 3])),
    }
`);
  try {
    const first = await lookFromAnExecutor();
    expect(first).toMatchObject({ sees: [false, false, false], version: 'v1', dot: 14 });
    expect(first.folder).toMatch(/\/container_\w+$/);
    expect(first.folder.startsWith(`${yarn.work}/`), first.folder).toBe(true);
    expect(first.python).toBe(join(first.folder, 'environment', 'bin', 'python'));
    expect(first.numpy).toMatch(/\/site-packages\/numpy\/__init__\.py$/);
    expect(first.numpy.startsWith(join(first.folder, 'environment', 'lib', 'python')), first.numpy).toBe(true);
    expect(first.harbour.startsWith(`${yarn.work}/`), first.harbour).toBe(true);

    await kernel.run(`
import pandas
from pyspark.sql.functions import pandas_udf

@pandas_udf("double")
def mean(values: pandas.Series) -> float:
    return values.mean()
`);
    const frame = 'spark.createDataFrame([(1, 1.0), (1, 2.0), (2, 3.0), (2, 5.0), (2, 10.0)], ("id", "v"))';
    await expect(
      kernel.run('', `[[row["id"], row[1]] for row in ${frame}.groupby("id").agg(mean("v")).orderBy("id").collect()]`)
    ).resolves.toEqual([
      [1, 1.5],
      [2, 6]
    ]);

    await venv.edit('v2');
    const { live, reused } = await shipTo(targetOf());
    if (live === undefined) throw new Error('a session was to be updated');
    expect(reused).toBe(true);
    expect(JSON.parse(String(await kernel.run(live.source, live.expression)))).toMatchObject({ state: 'updated' });
    // The same container: nothing was started anew.
    expect(await lookFromAnExecutor()).toMatchObject({ version: 'v2', folder: first.folder, python: first.python });
  } finally {
    await kernel.run('spark.stop()');
  }
});
