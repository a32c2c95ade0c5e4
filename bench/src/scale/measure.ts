/** Counts what travels in three sessions: on a fresh node, on the same node again, and with one package more. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { S3A_JARS, installHadoop } from '../../../scripts/setup/hadoop.mjs';
import { step } from '../../../scripts/lib/terminal.mjs';
import { runApplication } from '../first-task/application.js';
import type { Cluster } from '../first-task/cluster.js';
import { lastJsonLine } from '../first-task/json-lines.js';
import type { Conf } from '../first-task/layouts.js';
import type { ClusterSetup } from '../first-task/setup.js';
import { startStandalone } from '../first-task/standalone.js';
import { BUNDLE } from '../product.js';
import type { ScaleRow } from '../report/results.js';
import { BUCKET, type Store } from '../store/store.js';
import { countDriver } from './driver.js';
import type { WayName } from './model.js';

/** The first artifact lacks this distribution, which has four small files and is not needed by the first task. */
const TINY = 'pure-eval';

/** A way to bring the artifact to executors, as it is measured here. */
interface MeasuredWay {
  readonly way: WayName;
  readonly master: string;
  readonly target: string;
  readonly options: readonly string[];
  /** Spark properties and environment variables that the cluster's administrator would set. */
  readonly conf: Conf;
  readonly env: NodeJS.ProcessEnv;
}

/** The result of a ship. */
interface Shipped {
  readonly conf: Conf;
  readonly artifact: { readonly bytes: number };
}

/** Measures each way, one after the other. Needs Linux and, unless root, user namespaces. */
export async function measureScale(setup: ClusterSetup, store: Store): Promise<ScaleRow[]> {
  await installHadoop();
  const cluster = await startStandalone(setup);
  const rows: ScaleRow[] = [];
  try {
    for (const way of waysOn(setup, cluster.master, store)) {
      rows.push(...(await step(way.way, async () => measureWay(way, setup, cluster, store))));
    }
  } finally {
    await cluster.stop();
    rmSync(targetFolder(setup), { recursive: true, force: true });
    await store.remove(PREFIX);
  }
  return rows;
}

const PREFIX = 'scale';

function waysOn(setup: ClusterSetup, master: string, store: Store): MeasuredWay[] {
  const target = pathToFileURL(targetFolder(setup)).href;
  const jars = readdirSync(S3A_JARS)
    .map(name => join(S3A_JARS, name))
    .join(delimiter);
  const plain = { conf: {}, env: {}, options: [] };
  return [
    { ...plain, way: 'standalone, from the driver', master, target },
    { ...plain, way: 'standalone, --shared', master, target, options: ['--shared'] },
    {
      way: 'standalone, from S3',
      master,
      target: `s3://${BUCKET}/${PREFIX}`,
      options: [],
      conf: {
        'spark.driver.extraClassPath': jars,
        'spark.executor.extraClassPath': jars,
        'spark.hadoop.fs.s3a.endpoint': store.counted,
        'spark.hadoop.fs.s3a.endpoint.region': 'us-east-1',
        'spark.hadoop.fs.s3a.path.style.access': 'true'
      },
      env: store.env(store.counted)
    },
    { ...plain, way: 'local-cluster', master: 'local-cluster[2,1,1024]', target }
  ];
}

async function measureWay(
  way: MeasuredWay,
  setup: ClusterSetup,
  standalone: Cluster,
  store: Store
): Promise<ScaleRow[]> {
  mkdirSync(targetFolder(setup), { recursive: true });
  const isLocal = way.master !== standalone.master;
  const cluster = isLocal ? { ...standalone, master: way.master, conf: {} } : standalone;
  const earlier = await ship(way, setup, ['--exclude', TINY]);
  const now = await ship(way, setup, []);
  const node = isLocal ? undefined : await cluster.freshNode();
  // The executors of a local cluster run on this machine: their node root is new.
  const nodeRoot = join(setup.folder, 'scale-node-root');
  rmSync(nodeRoot, { recursive: true, force: true });
  const env = { ...setup.env, ...way.env, ...(isLocal ? { SHIP_ENV_NODE_ROOT: nodeRoot } : {}) };
  const hidden = isLocal ? [] : setup.hidden;
  try {
    const rows: ScaleRow[] = [];
    for (const [session, { conf, artifact }] of [
      ['first', earlier],
      ['next', earlier],
      ['one package more', now]
    ] as const) {
      const driver = await countDriver();
      store.proxy.receivedBytes = 0;
      try {
        await runApplication({ ...conf, ...way.conf, ...driver.conf }, { ...setup, env, hidden }, cluster);
        rows.push({
          ...{ way: way.way, session, executors: setup.executors, artifactBytes: artifact.bytes },
          ...{ driverBytes: driver.sentBytes(), storeBytes: store.proxy.receivedBytes }
        });
      } finally {
        await driver.stop();
      }
    }
    return rows;
  } finally {
    await node?.stop();
    rmSync(nodeRoot, { recursive: true, force: true });
  }
}

async function ship(
  way: MeasuredWay,
  { folder, python, env }: ClusterSetup,
  more: readonly string[]
): Promise<Shipped> {
  const where = ['--python', python, '--target', way.target, '--master', way.master];
  const result = await lastJsonLine('node', [BUNDLE, 'ship', '--json', ...where, ...way.options, ...more], {
    ...env,
    ...way.env,
    SHIP_ENV_CACHE: join(folder, 'cache')
  });
  return result as Shipped;
}

function targetFolder({ folder }: ClusterSetup): string {
  return join(folder, 'scale-target');
}
