/** Target 3: one package of a few kilobytes was added. */
import { statSync } from 'node:fs';
import type { Bench } from '../bench.js';
import { clusterPack } from '../contenders/cluster-pack.js';
import { shipEnv, type MeasuredShip } from '../contenders/ship-env.js';
import { Sidecar } from '../contenders/sidecar.js';
import type { MeasuredEnvironment } from '../environments/measured.js';
import { TINY, tinyWheel } from '../environments/tiny-package.js';
import { install, uninstall } from '../environments/venvs.js';
import { interleaved, median } from '../measuring/figures.js';
import { settle } from '../measuring/processes.js';
import { asBytes, asRatio } from '../report/units.js';
import type { Part } from './part.js';

const RUNS = { smoke: 1, default: 5, full: 5 };
/** Bytes that may be sent in addition to the package, since S3 has a smallest size for parts. */
const ALLOWANCE_BYTES = 6 * 1024 ** 2;

/** A ship after the package was added. */
interface Added {
  readonly ms: number;
  readonly sentBytes: number;
  /** Size of the package's wheel. */
  readonly wheelBytes: number;
  readonly copiedBytes: number;
  readonly reusedSegments: number;
}

export const tinyPackage: Part = {
  name: 'tiny-package',
  title: 'One tiny package added',
  async run(bench) {
    for (const environment of bench.environments) {
      await measure(bench, environment);
    }
  }
};

async function measure(bench: Bench, environment: MeasuredEnvironment): Promise<void> {
  const part = `tiny package, ${environment.name}`;
  const { python } = environment;
  const { prefix, cache } = await bench.firstShip(environment);
  const sidecar = await Sidecar.start(bench, cache);
  // The first ship of a sidecar loads code that later ones have in memory.
  await sidecar.ship({ python, prefix });
  const all: Added[] = [];
  const added = async (version: number, ship: () => Promise<MeasuredShip>) => {
    const one = await addAndShip(bench, environment, version, ship);
    all.push(one);
    return one.ms;
  };
  const runs = RUNS[bench.scale];
  const samples = await interleaved(runs, {
    process: async run => added(run, async () => shipEnv(bench, { python, prefix, cache })),
    // Each run has a new version, which the target does not have.
    sidecar: async run => added(runs + run, async () => sidecar.ship({ python, prefix }))
  });
  await sidecar.stop();
  addRows(bench, part, samples, all);
  const rival = await addAndShipWithClusterPack(bench, environment);
  if (rival !== undefined) {
    const { results } = bench;
    results.row(part, 'cluster-pack, process', 'ms', [rival.ms]);
    results.row(part, 'cluster-pack, sent', 'bytes', [rival.sentBytes]);
    const judge = (how: string, ms: readonly number[]) => {
      const what = `${part}, ${how} to cluster-pack's`;
      results.judge({ target: 3, what, found: median(ms) / rival.ms, bound: 1 / 75, show: asRatio });
    };
    judge('through the sidecar', samples.sidecar);
    judge('process', samples.process);
  }
}

function addRows(
  { results }: Bench,
  part: string,
  samples: { process: readonly number[]; sidecar: readonly number[] },
  all: readonly Added[]
): void {
  const valuesOf = (key: keyof Added) => all.map(added => added[key]);
  results.row(part, 'ship-env, process', 'ms', samples.process);
  results.row(part, 'ship-env, sidecar', 'ms', samples.sidecar);
  results.row(part, 'ship-env, sent', 'bytes', valuesOf('sentBytes'));
  results.row(part, 'ship-env, copied on the store', 'bytes', valuesOf('copiedBytes'));
  results.row(part, 'ship-env, reused', 'segments', valuesOf('reusedSegments'));
  const found = Math.max(...all.map(({ sentBytes, wheelBytes }) => sentBytes - wheelBytes));
  const what = `${part}: sent besides it`;
  results.judge({ target: 3, what, found, bound: ALLOWANCE_BYTES, show: asBytes });
}

/** @param version - version of the package */
async function addAndShip(
  bench: Bench,
  { venv }: MeasuredEnvironment,
  version: number,
  ship: () => Promise<MeasuredShip>
): Promise<Added> {
  const wheel = await tinyWheel(bench.wheels, version);
  await install(venv, wheel);
  settle(venv);
  try {
    const { ms, sentBytes, result } = await ship();
    const { copiedBytes, reusedSegments } = result;
    return { ms, sentBytes, wheelBytes: statSync(wheel).size, copiedBytes, reusedSegments };
  } finally {
    await uninstall(venv, TINY);
  }
}

/** @returns undefined when cluster-pack is not compared */
async function addAndShipWithClusterPack(bench: Bench, environment: MeasuredEnvironment) {
  const shipped = await bench.firstClusterPackShip(environment);
  const { venv, clusterPackVenv } = environment;
  if (clusterPackVenv === undefined || shipped === undefined) {
    return undefined;
  }
  const wheel = await tinyWheel(bench.wheels, 0);
  const venvs = [venv, clusterPackVenv];
  try {
    await Promise.all(venvs.map(async path => install(path, wheel)));
    settle(clusterPackVenv);
    return await clusterPack(bench, { venv, clusterPackVenv, ...shipped });
  } finally {
    await Promise.all(venvs.map(async path => uninstall(path, TINY)));
  }
}
