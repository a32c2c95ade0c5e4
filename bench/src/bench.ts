/** The context of every part of the benchmark. */
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { paths, pythonOf } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/process.mjs';
import type { Sidecar } from './contenders/sidecar.js';
import { generatedEnvironment, realEnvironments, type MeasuredEnvironment } from './environments/measured.js';
import { BENCH_FOLDER, lockedVenv, shipEnvVenv } from './environments/venvs.js';
import { clusterPackCold, oncePerEnvironment, shipCold, type ClusterPackShip, type ColdShip } from './first-ships.js';
import { Results } from './report/results.js';
import { startStore, type Store } from './store/store.js';

/** smoke: a generated environment, no other tools; default: a quarter of an hour; full: everything. */
export type Scale = 'smoke' | 'default' | 'full';

/** The context of every part of the benchmark. */
export interface Bench {
  readonly scale: Scale;
  /** Folder that is removed at the end. */
  readonly work: string;
  /** Folder of generated wheels, for contenders that ask a package index. */
  readonly wheels: string;
  /** Environment variables of every contender, without credentials. */
  readonly env: NodeJS.ProcessEnv;
  readonly store: Store;
  /** Virtual environment with our wheel. */
  readonly shipEnvVenv: string;
  /** Virtual environment with an earlier wheel of ours, for comparison. */
  readonly earlierVenv: string | undefined;
  /** Undefined when other tools are not compared. */
  readonly tools: Tools | undefined;
  readonly environments: readonly MeasuredEnvironment[];
  readonly results: Results;
  /** Running sidecars; a part that fails may leave some. */
  readonly sidecars: Set<Sidecar>;
  /** The first ship of an environment, done once: several parts continue from it. */
  readonly firstShip: (environment: MeasuredEnvironment) => Promise<ColdShip>;
  /** The same for cluster-pack; undefined when cluster-pack is not compared. */
  readonly firstClusterPackShip: (environment: MeasuredEnvironment) => Promise<ClusterPackShip | undefined>;
}

/** Virtual environments of the tools that only build. */
export interface Tools {
  readonly pex: string;
  readonly venvPack: string;
}

/** Bytes that must stay free on the disk. */
const RESERVE_BYTES = 12e9;

/**
 * Makes the environments and starts the store.
 *
 * @param what.command - the command line as a person types it
 * @param what.wheel - our wheel
 * @param what.earlierWheel - an earlier wheel of ours, for `--against`
 */
export async function prepare(what: {
  scale: Scale;
  command: string;
  wheel: string;
  earlierWheel: string | undefined;
}): Promise<Bench> {
  const { scale, command, wheel, earlierWheel } = what;
  const { work, wheels } = makeWorkFolder(scale);
  const ours = await shipEnvVenv(wheel, 'ship-env');
  const isSmoke = scale === 'smoke';
  const bench: Bench = {
    scale,
    work,
    wheels,
    env: {
      ...process.env,
      SHIP_ENV_NODE: join(paths.bin, 'node'),
      JUPYTER_CONFIG_DIR: join(work, 'config'),
      NO_COLOR: '1'
    },
    shipEnvVenv: ours,
    earlierVenv: earlierWheel === undefined ? undefined : await shipEnvVenv(earlierWheel, 'ship-env-before'),
    environments: isSmoke ? [await generatedEnvironment(work)] : await realEnvironments(),
    tools: isSmoke ? undefined : await makeTools(),
    store: await startStore(),
    results: new Results(command, await versionOf(pythonOf(ours))),
    sidecars: new Set(),
    firstShip: oncePerEnvironment(async environment => shipCold(bench, environment, 'kept')),
    firstClusterPackShip: oncePerEnvironment(async environment => clusterPackCold(bench, environment, environment.name))
  };
  return bench;
}

/** Each scale has its own folder, since the tests may run during a benchmark. */
function makeWorkFolder(scale: Scale): { work: string; wheels: string } {
  const work = join(BENCH_FOLDER, `work-${scale}`);
  const wheels = join(work, 'wheels');
  const temporary = join(work, 'tmp');
  rmSync(work, { recursive: true, force: true });
  [wheels, temporary].forEach(path => mkdirSync(path, { recursive: true }));
  // Temporary files of the store and the contenders are removed with the folder; after Ctrl+C the next run removes
  // them.
  process.env['TMPDIR'] = temporary;
  return { work, wheels };
}

async function makeTools(): Promise<Tools> {
  return {
    pex: await lockedVenv('pex', ['bench/pex']),
    venvPack: await lockedVenv('venv-pack', ['bench/venv-pack'])
  };
}

async function versionOf(python: string): Promise<string> {
  const program = 'import platform; print(platform.python_version())';
  const { output } = await run(python, ['-c', program], { stdout: 'capture' });
  return output.trim();
}

/**
 * @param what - what needs the disk space, for the results
 * @param bytes - the bytes that it needs at its peak
 * @returns whether there is enough space; if not, the results say what was left out
 */
export function hasRoom({ work, results }: Bench, what: string, bytes: number): boolean {
  const { bavail, bsize } = statfsSync(work);
  const free = bavail * bsize;
  const needed = bytes + RESERVE_BYTES;
  const isEnough = free > needed;
  if (!isEnough) {
    const inGB = (value: number) => (value / 1e9).toFixed(0);
    results.found.leftOut.push(`${what}: needs ${inGB(needed)} GB of free disk, ${inGB(free)} GB are free`);
  }
  return isEnough;
}

/** Stops all processes, and removes the work folder. */
export async function cleanUp({ sidecars, store, work }: Bench): Promise<void> {
  await Promise.allSettled([...sidecars].map(async sidecar => sidecar.stop()));
  await store.stop();
  rmSync(work, { recursive: true, force: true });
}
