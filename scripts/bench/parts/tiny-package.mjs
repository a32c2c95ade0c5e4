/** Target 3: one package of a few kilobytes was added. */
import { statSync } from 'node:fs';
import { bytes } from '../../lib/terminal.mjs';
import { clusterPack } from '../contenders/cluster-pack.mjs';
import { shipEnv } from '../contenders/ship-env.mjs';
import { Sidecar } from '../contenders/sidecar.mjs';
import { TINY, tinyWheel } from '../context.mjs';
import { install, uninstall } from '../environments.mjs';
import { interleaved, median, settle } from '../measure.mjs';
import { asRatio } from '../results.mjs';

const RUNS = { smoke: 1, default: 5, full: 5 };
const ALLOWANCE_BYTES = 6 * 1024 ** 2;

/**
 * @typedef {import('../context.mjs').Bench} Bench
 * @typedef {import('../context.mjs').MeasuredEnvironment} MeasuredEnvironment
 * @typedef {{ms: number, sentBytes: number, result: import('../contenders/ship-env.mjs').ShipResult}} Shipped
 * @typedef {{ms: number, sentBytes: number, wheelBytes: number, copiedBytes: number, reusedSegments: number}} Added
 */

/** @type {import('./index.mjs').Part} */
export const tinyPackage = {
  name: 'tiny-package',
  title: 'One tiny package added',
  async run(bench) {
    for (const environment of bench.environments) {
      await measure(bench, environment);
    }
  }
};

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 */
async function measure(bench, environment) {
  const part = `tiny package, ${environment.name}`;
  const { python } = environment;
  const { prefix, cache } = await bench.shipped(environment);
  const sidecar = await Sidecar.start(bench, cache);
  // The first ship of a sidecar loads what later ones have.
  await sidecar.ship({ python, prefix });
  /** @type {Added[]} */
  const all = [];
  const added = async (/** @type {number} */ version, /** @type {() => Promise<Shipped>} */ ship) => {
    const one = await addOurs(bench, environment, version, ship);
    all.push(one);
    return one.ms;
  };
  const runs = RUNS[bench.scale];
  const samples = await interleaved(runs, {
    process: async run => added(run, async () => shipEnv(bench, { python, prefix, cache })),
    // Another version each time, which the target has not.
    sidecar: async run => added(runs + run, async () => sidecar.ship({ python, prefix }))
  });
  await sidecar.stop();
  addRows(bench, part, samples, all);
  const rival = await addRivals(bench, environment);
  if (rival !== undefined) {
    bench.results.row(part, 'cluster-pack, process', 'ms', [rival.ms]);
    bench.results.row(part, 'cluster-pack, sent', 'bytes', [rival.sentBytes]);
    const judge = (/** @type {string} */ how, /** @type {readonly number[]} */ ms) =>
      bench.results.judge(3, `${part}, ${how} to cluster-pack's`, median(ms) / rival.ms, 1 / 75, asRatio);
    judge('through the sidecar', samples.sidecar);
    judge('process', samples.process);
  }
}

/**
 * @param {Bench} bench
 * @param {string} part
 * @param {{process: readonly number[], sidecar: readonly number[]}} samples
 * @param {readonly Added[]} all
 */
function addRows(bench, part, samples, all) {
  const { results } = bench;
  const of = (/** @type {keyof Added} */ key) => all.map(added => added[key]);
  results.row(part, 'ship-env, process', 'ms', samples.process);
  results.row(part, 'ship-env, sidecar', 'ms', samples.sidecar);
  results.row(part, 'ship-env, sent', 'bytes', of('sentBytes'));
  results.row(part, 'ship-env, copied on the store', 'bytes', of('copiedBytes'));
  results.row(part, 'ship-env, reused', 'segments', of('reusedSegments'));
  const sent = Math.max(...all.map(({ sentBytes, wheelBytes }) => sentBytes - wheelBytes));
  results.judge(3, `${part}: sent besides it`, sent, ALLOWANCE_BYTES, bytes);
}

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {number} version of the package
 * @param {() => Promise<Shipped>} ship
 * @returns {Promise<Added>}
 */
async function addOurs(bench, environment, version, ship) {
  const wheel = await tinyWheel(bench, version);
  await install(environment.venv, wheel);
  settle(environment.venv);
  try {
    const { ms, sentBytes, result } = await ship();
    const { copiedBytes, reusedSegments } = result;
    return { ms, sentBytes, wheelBytes: statSync(wheel).size, copiedBytes, reusedSegments };
  } finally {
    await uninstall(environment.venv, TINY);
  }
}

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 */
async function addRivals(bench, environment) {
  const shipped = await bench.rivalShipped(environment);
  const { rival } = environment;
  if (rival === undefined || shipped === undefined) {
    return undefined;
  }
  const wheel = await tinyWheel(bench, 0);
  const venvs = [environment.venv, rival];
  try {
    await Promise.all(venvs.map(async venv => install(venv, wheel)));
    settle(rival);
    return await clusterPack(bench, { environment: { ...environment, rival }, ...shipped });
  } finally {
    await Promise.all(venvs.map(async venv => uninstall(venv, TINY)));
  }
}
