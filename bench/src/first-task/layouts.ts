/** The compared cases: ways to bring an environment to executors, and states of a node. */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BUNDLE } from '../product.js';
import type { FirstTaskRow } from '../report/results.js';
import type { Cluster } from './cluster.js';
import { lastJsonLine } from './json-lines.js';
import type { FirstTaskSetup } from './setup.js';

/** The earlier artifact lacks this distribution, which has four small files and is not needed by the first task. */
const TINY = 'pure-eval';

/** Spark properties. */
export type Conf = Readonly<Record<string, string>>;

/** One application to run. */
interface Step {
  readonly state: FirstTaskRow['state'];
  readonly conf: Conf;
}

/** A way to bring the environment to executors. */
export interface Layout {
  readonly name: string;
  /** Applications, one after the other, on one node. */
  readonly steps: readonly Step[];
}

/** The properties of two ships. */
interface Shipped {
  /** Properties of a ship whose artifact lacks a tiny distribution. */
  readonly earlier: Conf;
  readonly now: Conf;
}

/**
 * The layouts of a deployment.
 *
 * `cold`: the node has nothing of the artifact. `warm`: an earlier application used the same artifact. `delta`: an
 * earlier application used an artifact that lacks a tiny distribution.
 *
 * @returns the baseline first
 */
export async function layoutsOf(setup: FirstTaskSetup, cluster: Cluster): Promise<Layout[]> {
  const shipWith = async (...options: string[]): Promise<Shipped> => ({
    earlier: await ship(setup, cluster.master, [...options, '--exclude', TINY]),
    now: await ship(setup, cluster.master, options)
  });
  const copied = await shipWith();
  const onTheNode: Step = { state: 'warm', conf: { 'spark.pyspark.python': setup.nodePython } };
  const layouts: Layout[] = [
    { name: 'venv on the node', steps: [onTheNode] },
    { name: 'PEX, PEX_ROOT=./.pex', steps: [{ state: 'cold', conf: othersConf(setup, cluster) }] },
    { name: 'ship-env', steps: statesOf(copied) },
    { name: 'ship-env, shared directory', steps: statesOf(await shipWith('--shared')) }
  ];
  const { publish } = cluster;
  if (publish !== undefined) {
    const earlier = await withArtifactAt(publish, copied.earlier, cluster);
    const now = await withArtifactAt(publish, copied.now, cluster);
    layouts.push({ name: 'ship-env, from HDFS', steps: statesOf({ earlier, now }) });
  }
  return layouts;
}

function statesOf({ earlier, now }: Shipped): Step[] {
  return [
    { state: 'cold', conf: earlier },
    { state: 'warm', conf: earlier },
    { state: 'delta', conf: now }
  ];
}

function othersConf({ othersPex }: FirstTaskSetup, { master }: Cluster): Conf {
  return {
    [filesKey(master)]: pathToFileURL(othersPex).href,
    'spark.pyspark.python': `./${basename(othersPex)}`,
    'spark.executorEnv.PEX_ROOT': './.pex'
  };
}

function filesKey(master: string): string {
  return master === 'yarn' ? 'spark.yarn.dist.files' : 'spark.files';
}

/** Ships with the command line, to a directory of this machine. */
async function ship({ folder, python, env }: FirstTaskSetup, master: string, options: string[]): Promise<Conf> {
  // On the machine's own disk a ship makes no directory outside of the home folder.
  mkdirSync(join(folder, 'target'), { recursive: true });
  const where = ['--python', python, '--target', pathToFileURL(join(folder, 'target')).href, '--master', master];
  const result = await lastJsonLine('node', [BUNDLE, 'ship', '--json', ...where, ...options], {
    ...env,
    SHIP_ENV_CACHE: join(folder, 'cache')
  });
  return (result as { conf: Conf }).conf;
}

/** @param conf - properties that name the artifact as a file of this machine */
async function withArtifactAt(
  publish: (file: string) => Promise<string>,
  conf: Conf,
  { master }: Cluster
): Promise<Conf> {
  const key = filesKey(master);
  return { ...conf, [key]: await publish(fileURLToPath(conf[key] ?? '')) };
}

/** Removes the artifacts of `layoutsOf`; the cache of segments stays. */
export function removeArtifacts({ folder }: FirstTaskSetup): void {
  rmSync(join(folder, 'target'), { recursive: true, force: true });
}
