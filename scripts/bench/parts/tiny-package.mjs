/** Target 3: one package of a few kilobytes was added. */
import { statSync } from 'node:fs';
import { bytes } from '../../lib/terminal.mjs';
import { clusterPack } from '../contenders/cluster-pack.mjs';
import { shipEnv } from '../contenders/ship-env.mjs';
import { TINY, tinyWheel } from '../context.mjs';
import { install, uninstall } from '../environments.mjs';
import { median } from '../measure.mjs';
import { asRatio } from '../results.mjs';

const RUNS = { smoke: 1, default: 3, full: 5 };
const ALLOWANCE_BYTES = 6 * 1024 ** 2;

/**
 * @typedef {import('../context.mjs').Bench} Bench
 * @typedef {import('../context.mjs').MeasuredEnvironment} MeasuredEnvironment
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
  await bench.shipped(environment);
  /** @type {Added[]} */
  const ours = [];
  for (let run = 0; run < RUNS[bench.scale]; run += 1) {
    ours.push(await addOurs(bench, environment, run));
  }
  const add = (
    /** @type {string} */ what,
    /** @type {import('../results.mjs').Row['unit']} */ unit,
    /** @type {keyof Added} */ key
  ) =>
    bench.results.row(
      part,
      what,
      unit,
      ours.map(added => added[key])
    );
  add('ship-env, process', 'ms', 'ms');
  add('ship-env, sent', 'bytes', 'sentBytes');
  add('ship-env, copied on the store', 'bytes', 'copiedBytes');
  add('ship-env, reused', 'segments', 'reusedSegments');
  const sent = Math.max(...ours.map(({ sentBytes, wheelBytes }) => sentBytes - wheelBytes));
  bench.results.judge(3, `${part}: sent besides it`, sent, ALLOWANCE_BYTES, bytes);
  const rival = await addRivals(bench, environment);
  if (rival !== undefined) {
    bench.results.row(part, 'cluster-pack, process', 'ms', [rival.ms]);
    bench.results.row(part, 'cluster-pack, sent', 'bytes', [rival.sentBytes]);
    bench.results.judge(3, `${part}, to cluster-pack`, median(ours.map(({ ms }) => ms)) / rival.ms, 1 / 75, asRatio);
  }
}

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {number} run
 * @returns {Promise<Added>}
 */
async function addOurs(bench, environment, run) {
  const { prefix, cache } = await bench.shipped(environment);
  const wheel = await tinyWheel(bench, run);
  await install(environment.venv, wheel);
  try {
    const { ms, sentBytes, result } = await shipEnv(bench, { python: environment.python, prefix, cache });
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
    return await clusterPack(bench, { environment: { ...environment, rival }, ...shipped });
  } finally {
    await Promise.all(venvs.map(async venv => uninstall(venv, TINY)));
  }
}
