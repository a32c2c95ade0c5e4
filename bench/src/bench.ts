/** What every part of the benchmark is given. */
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

/** What every part of the benchmark is given. */
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
  /** Virtual environment with an earlier wheel of ours, which is measured beside. */
  readonly earlierVenv: string | undefined;
  /** Undefined where other tools are not compared. */
  readonly tools: Tools | undefined;
  readonly environments: readonly MeasuredEnvironment[];
  readonly results: Results;
  /** Sidecars that run: a part that fails leaves its own. */
  readonly sidecars: Set<Sidecar>;
  /** The first ship of an environment; several parts go on from it. It is done once. */
  readonly firstShip: (environment: MeasuredEnvironment) => Promise<ColdShip>;
  /** The same of cluster-pack; undefined where cluster-pack is not compared. */
  readonly firstClusterPackShip: (environment: MeasuredEnvironment) => Promise<ClusterPackShip | undefined>;
}

/** Virtual environments of the tools that only build. */
export interface Tools {
  readonly pex: string;
  readonly venvPack: string;
}

/** Stays free on the disk, whatever is measured. */
const RESERVE_BYTES = 12e9;

/**
 * Makes the environments and starts the store.
 *
 * @param what.command - as a person types it
 * @param what.wheel - ours
 * @param what.earlierWheel - of ours too, for `--against`
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

/** Each scale has a folder of its own, since the tests may run while somebody measures. */
function makeWorkFolder(scale: Scale): { work: string; wheels: string } {
  const work = join(BENCH_FOLDER, `work-${scale}`);
  const wheels = join(work, 'wheels');
  const temporary = join(work, 'tmp');
  rmSync(work, { recursive: true, force: true });
  [wheels, temporary].forEach(path => mkdirSync(path, { recursive: true }));
  // The temporary files of the store and of the contenders go with the folder; after Ctrl+C the next run removes them.
  process.env['TMPDIR'] = temporary;
  return { work, wheels };
}

async function makeTools(): Promise<Tools> {
  return {
    pex: await lockedVenv('pex', ['bench-pex']),
    venvPack: await lockedVenv('venv-pack', ['bench-venv-pack'])
  };
}

async function versionOf(python: string): Promise<string> {
  const program = 'import platform; print(platform.python_version())';
  const { output } = await run(python, ['-c', program], { stdout: 'capture' });
  return output.trim();
}

/**
 * @param what - what needs the room, for the results
 * @param bytes - that it needs at its peak
 * @returns whether there is room; when there is not, the results say what was left out
 */
export function hasRoom({ work, results }: Bench, what: string, bytes: number): boolean {
  const { bavail, bsize } = statfsSync(work);
  const free = bavail * bsize;
  const needed = bytes + RESERVE_BYTES;
  const isEnough = free > needed;
  if (!isEnough) {
    const inGB = (value: number) => (value / 1e9).toFixed(0);
    results.found.leftOut.push(`${what}: wants ${inGB(needed)} GB of free disk, ${inGB(free)} GB are`);
  }
  return isEnough;
}

/** Stops what runs, and removes the work folder. */
export async function cleanUp({ sidecars, store, work }: Bench): Promise<void> {
  await Promise.allSettled([...sidecars].map(async sidecar => sidecar.stop()));
  await store.stop();
  rmSync(work, { recursive: true, force: true });
}
