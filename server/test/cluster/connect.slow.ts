// needs: s3
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { S3A_JARS } from '../../../scripts/setup/hadoop.mjs';
import { shipRequest, type ShipResult } from '../../src/contract/ship.js';
import { ship } from '../../src/ship/ship.js';
import { Cache } from '../../src/system/cache/cache.js';
import { Kernel } from '../deployments/spark/support/kernel.js';
import { makeSparkHome } from '../deployments/spark/support/spark.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { S3Server } from '../support/s3-server.js';
import { removeFolder } from '../support/temporary.js';
import { CLIENT, startConnect, type ConnectServer } from './connect.js';

let folder: string;
let venv: KernelVenv;
let store: S3Server;
let server: ConnectServer;
let kernel: Kernel;
let cache: Cache;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-connect-s3-'));
  store = await S3Server.start();
  Object.assign(process.env, store.environment);
  await store.createBucket('ship');
  venv = await makeKernelVenv(...CLIENT);
  const env = await makeSparkHome(folder);
  const hidden = [join(venv.folder, 'venv'), join(venv.folder, 'harbour')];
  // The administrator configures the server to read the store: a session cannot.
  const properties = {
    'spark.driver.extraClassPath': `${S3A_JARS}/*`,
    'spark.executor.extraClassPath': `${S3A_JARS}/*`,
    'spark.hadoop.fs.s3a.endpoint': store.endpoint,
    'spark.hadoop.fs.s3a.endpoint.region': 'us-east-1',
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.aws.credentials.provider': 'software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider'
  };
  server = await startConnect(
    folder,
    { ...env, ...store.environment, AWS_PROFILE: 'root' },
    hidden,
    Object.entries(properties).flatMap(([key, value]) => ['--conf', `${key}=${value}`])
  );
  cache = await Cache.open(join(folder, 'cache'));
  // The kernel itself has no key of the store.
  kernel = new Kernel(venv.python, env, folder);
});

afterAll(async () => {
  // Undefined where the set-up failed.
  await (kernel as Kernel | undefined)?.close();
  await (server as ConnectServer | undefined)?.stop();
  await (store as S3Server | undefined)?.stop();
  await (venv as KernelVenv | undefined)?.remove();
  await removeFolder(folder);
});

function shipTo(format: string): Promise<ShipResult> {
  const request = shipRequest.parse({
    python: venv.python,
    target: store.settings('s3://ship/envs', { region: 'us-east-1' }),
    master: server.address,
    format
  });
  return ship(request, { cache, signal: new AbortController().signal, emit: () => undefined });
}

const LOOK = `
import harbour
from pyspark.sql.functions import udf

@udf("string")
def look(_):
    import sys, harbour, numpy
    return " ".join([harbour.version(), sys.executable, numpy.__file__])
`;

test.each([
  ['pex', /\/root\/ship-env-3\/env\/[^/]+\/bin\/python$/u],
  ['archive', /\/work\/.*\/environment\/bin\/python$/u]
])(
  'format %s in S3 is fetched by the server and its executor, and a running session takes over new code',
  async (format, program) => {
    await venv.edit('v1');
    await kernel.run((await shipTo(format)).cell);
    await kernel.run(LOOK);
    const look = async (): Promise<string[]> =>
      z
        .string()
        .parse(await kernel.run('', 'spark.range(1).select(look("id")).first()[0]'))
        .split(' ');
    const [version, python, numpy] = await look();
    expect(version).toBe('v1');
    const place = format === 'pex' ? server.nodeRoot : server.executors;
    for (const path of [python, numpy]) expect(path?.startsWith(`${place}/`), path).toBe(true);
    expect(python).toMatch(program);

    await venv.edit('v2');
    const { live } = await shipTo(format);
    const outcome = await kernel.run(live?.source ?? '', live?.expression);
    expect(JSON.parse(String(outcome))).toMatchObject({ state: 'updated' });
    expect(await look()).toEqual(['v2', python, numpy]);
    await kernel.run('spark.stop()');
  }
);
