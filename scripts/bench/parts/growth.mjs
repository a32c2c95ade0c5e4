/** Targets 5 and 7: how time and memory grow with the environment. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bytes as inWords } from '../../lib/terminal.mjs';
import { Sidecar } from '../contenders/sidecar.mjs';
import { hasRoom } from '../context.mjs';
import { addEditable } from '../editable.mjs';
import { generateEnvironment } from '../generate.mjs';
import { interleaved, median, slope } from '../measure.mjs';
import { asRatio } from '../results.mjs';
import { MEMORY_BYTES } from './memory.mjs';

const RUNS = 5;

/**
 * @typedef {import('../results.mjs').GrowthPoint['axis']} Axis
 * @typedef {import('../generate.mjs').EnvironmentPlan} Plan
 */

/** Along each axis the others stand still. The default benchmark leaves the largest out. */
const CURVES = /** @type {const} */ ([
  ['distributions', [10, 100, 500], { files: 2000, bytes: 50e6 }],
  ['files', [1000, 15_000, 100_000], { distributions: 100, bytes: 150e6 }],
  ['bytes', [0.1e9, 1e9, 6e9], { distributions: 20, files: 1000 }]
]);

/** @type {import('./index.mjs').Part} */
export const growth = {
  name: 'growth',
  title: 'Growth and memory',
  async run(bench) {
    for (const [axis, sizes, others] of bench.scale === 'smoke' ? CURVES.slice(0, 1) : CURVES) {
      for (const size of sizes.slice(0, { smoke: 1, default: 2, full: 3 }[bench.scale])) {
        const plan = /** @type {Plan} */ ({ ...others, [axis]: size });
        // The environment itself, and about a third of it in the cache and on the store each.
        if (hasRoom(bench, `growth, ${size} ${axis}`, plan.bytes * 2)) {
          await measure(bench, axis, plan);
        }
      }
      judgeCurve(bench, axis);
    }
  }
};

/** What a small ship costs more for each so many of an axis. */
const SLOPES = /** @type {const} */ ({
  distributions: { each: 1, unit: 'distribution' },
  files: { each: 1, unit: 'file' },
  bytes: { each: 1e9, unit: 'GB' }
});
/** Close to flat: so much longer may a small ship take where there are many times the bytes. */
const FLAT = 1.25;
/** Linear: so much steeper may a curve become. */
const LINEAR = 1.5;

const SHIPS = /** @type {const} */ ([
  ['nothing changed', 'unchangedMs'],
  ['one line edited', 'editedMs']
]);

/**
 * @param {import('../context.mjs').Bench} bench
 * @param {Axis} axis
 */
function judgeCurve(bench, axis) {
  const { results } = bench;
  const curve = results.found.growth.filter(point => point.axis === axis);
  const [first, ...others] = curve;
  const last = others.at(-1);
  if (first === undefined || last === undefined) {
    return;
  }
  /** @type {string[]} */
  const slopes = [];
  for (const [what, key] of SHIPS) {
    const points = curve.map(point => /** @type {const} */ ([point[axis], point[key]]));
    slopes.push(`${what}: ${slopeText(axis, points)}`);
    if (axis === 'bytes') {
      const sizes = `${inWords(last.bytes)} to ${inWords(first.bytes)}`;
      results.judge(7, `${what}, ${sizes}`, last[key] / first[key], FLAT, asRatio);
    }
    if (axis === 'files' && points.length > 2) {
      const steeper = slope(points.slice(1)) / slope(points.slice(0, 2));
      results.judge(7, `${what}, slope by files from ${others[0]?.files} on to that before`, steeper, LINEAR, asRatio);
    }
  }
  results.found.slopes[axis] = slopes;
}

/**
 * @param {Axis} axis
 * @param {readonly (readonly [number, number])[]} points size and milliseconds
 */
function slopeText(axis, points) {
  const { each, unit } = SLOPES[axis];
  const microseconds = slope(points) * each * 1000;
  return Math.abs(microseconds) < 1000
    ? `${microseconds.toFixed(1)} µs a ${unit}`
    : `${(microseconds / 1000).toFixed(1)} ms a ${unit}`;
}

/**
 * @param {import('../context.mjs').Bench} bench
 * @param {Axis} axis
 * @param {Plan} plan
 */
async function measure(bench, axis, plan) {
  const name = `growth-${axis}-${plan[axis]}`;
  const venv = join(bench.work, name);
  const cache = join(bench.work, 'caches', name);
  const ship = { python: await generateEnvironment(venv, plan), prefix: name };
  const editable = await addEditable(venv);
  const sidecar = await Sidecar.start(bench, cache);
  const cold = await sidecar.ship(ship);
  const samples = await interleaved(bench.scale === 'smoke' ? 1 : RUNS, {
    unchanged: async () => (await sidecar.ship(ship)).ms,
    edited: async () => {
      editable.edit();
      return (await sidecar.ship(ship)).ms;
    }
  });
  const { peakBytes } = sidecar;
  await sidecar.stop();
  await editable.remove();
  [venv, cache].forEach(path => rmSync(path, { recursive: true, force: true }));
  await bench.store.remove(name);
  const [unchangedMs, editedMs] = [median(samples.unchanged), median(samples.edited)];
  bench.results.found.growth.push({ axis, ...plan, unchangedMs, editedMs, coldMs: cold.ms, peakBytes });
  const what = `${plan.distributions} distributions, ${plan.files} files, ${inWords(plan.bytes)}`;
  bench.results.judge(5, `memory of the sidecar, ${what}`, peakBytes, MEMORY_BYTES, inWords);
}
