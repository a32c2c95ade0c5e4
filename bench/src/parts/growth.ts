/** Targets 5 and 7: how time and memory grow with the environment. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasRoom, type Bench } from '../bench.js';
import { Sidecar } from '../contenders/sidecar.js';
import { addEditable } from '../environments/editable.js';
import { generateEnvironment, type EnvironmentPlan } from '../environments/generate.js';
import { interleaved, median, slope } from '../measuring/figures.js';
import type { GrowthPoint } from '../report/results.js';
import { asBytes, asRatio } from '../report/units.js';
import { judgeMemory } from './memory.js';
import type { Part } from './part.js';

type Axis = GrowthPoint['axis'];

const RUNS = { smoke: 1, default: 5, full: 5 };

/** A small environment, a larger one, and one for the full benchmark only. */
type Curve = readonly [EnvironmentPlan, EnvironmentPlan, EnvironmentPlan];

/** The curve of each axis; the other two axes stay constant. */
const CURVES: Readonly<Record<Axis, Curve>> = {
  distributions: [
    { distributions: 10, files: 2000, bytes: 50e6 },
    { distributions: 100, files: 2000, bytes: 50e6 },
    { distributions: 500, files: 2000, bytes: 50e6 }
  ],
  files: [
    { distributions: 100, files: 1000, bytes: 150e6 },
    { distributions: 100, files: 15_000, bytes: 150e6 },
    { distributions: 100, files: 100_000, bytes: 150e6 }
  ],
  bytes: [
    { distributions: 20, files: 1000, bytes: 0.1e9 },
    { distributions: 20, files: 1000, bytes: 1e9 },
    { distributions: 20, files: 1000, bytes: 6e9 }
  ]
};
const AXES = ['distributions', 'files', 'bytes'] as const;
const AXES_MEASURED = { smoke: 1, default: 3, full: 3 };
const POINTS_MEASURED = { smoke: 1, default: 2, full: 3 };

export const growth: Part = {
  name: 'growth',
  title: 'Growth and memory',
  async run(bench) {
    for (const axis of AXES.slice(0, AXES_MEASURED[bench.scale])) {
      for (const plan of CURVES[axis].slice(0, POINTS_MEASURED[bench.scale])) {
        // Disk space for the environment itself, and about a third of its size in the cache and on the store each.
        if (hasRoom(bench, `growth, ${plan[axis]} ${axis}`, plan.bytes * 2)) {
          await measure(bench, axis, plan);
        }
      }
      judgeCurve(bench, axis);
    }
  }
};

/** How much more a small ship may cost for each unit of an axis. */
const SLOPES = {
  distributions: { each: 1, unit: 'distribution' },
  files: { each: 1, unit: 'file' },
  bytes: { each: 1e9, unit: 'GB' }
} as const;
/** Nearly flat: the highest ratio of a small ship's time when the environment has many times the bytes. */
const FLAT = 1.25;
/** Linear: the highest ratio of the later slope to the earlier one. */
const LINEAR = 1.5;

const SHIPS = [
  ['nothing changed', 'unchangedMs'],
  ['one line edited', 'editedMs']
] as const;

function judgeCurve({ results }: Bench, axis: Axis): void {
  const curve = results.found.growth.filter(point => point.axis === axis);
  const [first, ...others] = curve;
  const [second] = others;
  const last = others.at(-1);
  if (first === undefined || second === undefined || last === undefined) {
    return;
  }
  results.found.slopes[axis] = SHIPS.map(([what, key]) => {
    const points = curve.map(point => [point[axis], point[key]] as const);
    if (axis === 'bytes') {
      const sizes = `${asBytes(last.bytes)} to ${asBytes(first.bytes)}`;
      const found = last[key] / first[key];
      results.judge({ target: 7, what: `${what}, ${sizes}`, found, bound: FLAT, show: asRatio });
    }
    if (axis === 'files' && points.length > 2) {
      const found = slope(points.slice(1)) / slope(points.slice(0, 2));
      const steeper = `${what}, slope by files from ${second.files} on to that before`;
      results.judge({ target: 7, what: steeper, found, bound: LINEAR, show: asRatio });
    }
    return `${what}: ${slopeText(axis, points)}`;
  });
}

/** @param points - size and milliseconds */
function slopeText(axis: Axis, points: readonly (readonly [number, number])[]): string {
  const { each, unit } = SLOPES[axis];
  const microseconds = slope(points) * each * 1000;
  return Math.abs(microseconds) < 1000
    ? `${microseconds.toFixed(1)} µs a ${unit}`
    : `${(microseconds / 1000).toFixed(1)} ms a ${unit}`;
}

async function measure(bench: Bench, axis: Axis, plan: EnvironmentPlan): Promise<void> {
  const name = `growth-${axis}-${plan[axis]}`;
  const venv = join(bench.work, name);
  const cache = join(bench.work, 'caches', name);
  const ship = { python: await generateEnvironment(venv, plan), prefix: name };
  const editable = await addEditable(venv);
  const sidecar = await Sidecar.start(bench, cache);
  const cold = await sidecar.ship(ship);
  const samples = await interleaved(RUNS[bench.scale], {
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
  judgeMemory(bench, `${plan.distributions} distributions, ${plan.files} files, ${asBytes(plan.bytes)}`, peakBytes);
}
