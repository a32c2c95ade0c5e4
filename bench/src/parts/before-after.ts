/** Compares an earlier wheel (`--against`) with the one of this checkout in one run: what a change costs or saves. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { shipEnv } from '../contenders/ship-env.js';
import { Sidecar } from '../contenders/sidecar.js';
import { addEditable } from '../environments/editable.js';
import type { MeasuredEnvironment } from '../environments/measured.js';
import { TINY, tinyWheel } from '../environments/tiny-package.js';
import { compileModules, install, removeCompiledModules, uninstall } from '../environments/venvs.js';
import { shipCold } from '../first-ships.js';
import { interleaved, median } from '../measuring/figures.js';
import { settle, timed } from '../measuring/processes.js';
import { BEFORE_AFTER } from '../report/results.js';
import { asRatio } from '../report/units.js';
import type { Part } from './part.js';

const RUNS = { smoke: 1, default: 5, full: 7 };
/** The highest ratio that a change may cause, unless the page explains it. */
const BOUND = 1.1;

type Wheel = 'before' | 'now';
/** The benchmark with each of the two wheels. */
type Benches = Readonly<Record<Wheel, Bench>>;

export const beforeAfter: Part = {
  name: 'before-after',
  title: 'Before and after',
  async run(bench) {
    if (bench.earlierVenv === undefined) {
      return;
    }
    const benches = { before: { ...bench, shipEnvVenv: bench.earlierVenv }, now: bench };
    for (const environment of bench.environments) {
      await compareColdShips(benches, environment, { what: 'cold', prefix: 'cold' });
      // The same prefixes: the files of the ships above are there, and their local caches are gone.
      const what = 'the first of a machine, all is on the target';
      await compareColdShips(benches, environment, { what, prefix: 'cold' });
      removeCompiledModules(environment.venv);
      try {
        await compareColdShips(benches, environment, { what: 'cold, modules not compiled', prefix: 'bare' });
      } finally {
        await compileModules(environment.venv);
      }
      await compareLaterShips(benches, environment);
      await compareStarts(benches, environment);
    }
  }
};

/** @param measure - returns the milliseconds of one run */
async function compare(
  { now: { scale, results } }: Benches,
  what: string,
  measure: (wheel: Wheel, run: number) => Promise<number>
): Promise<void> {
  const samples = await interleaved(RUNS[scale], {
    before: async run => measure('before', run),
    now: async run => measure('now', run)
  });
  const part = `${BEFORE_AFTER}${what}`;
  results.row(part, 'before', 'ms', samples.before);
  results.row(part, 'now', 'ms', samples.now);
  const found = median(samples.now) / median(samples.before);
  results.judge({ target: 9, what: part, found, bound: BOUND, show: asRatio });
}

/** Ships with an empty local cache. @param prefix - beginning of the prefixes in the bucket */
async function compareColdShips(
  benches: Benches,
  environment: MeasuredEnvironment,
  { what, prefix }: { what: string; prefix: string }
): Promise<void> {
  await compare(benches, `${what}, ${environment.name}`, async (wheel, run) => {
    settle(environment.venv);
    const { ms, cache } = await shipCold(benches[wheel], environment, `${prefix}-${wheel}-${run}`);
    rmSync(cache, { recursive: true, force: true });
    return ms;
  });
}

/** Ships after a small change or no change, as a process and through the sidecar. */
async function compareLaterShips(benches: Benches, environment: MeasuredEnvironment): Promise<void> {
  const { name, python, venv } = environment;
  const editable = await addEditable(venv);
  const places = {
    before: await shipCold(benches.before, environment, 'before-kept'),
    now: await shipCold(benches.now, environment, 'now-kept')
  };
  const sidecars = {
    before: await Sidecar.start(benches.before, places.before.cache),
    now: await Sidecar.start(benches.now, places.now.cache)
  };
  const press = async (wheel: Wheel) => (await sidecars[wheel].ship({ python, prefix: places[wheel].prefix })).ms;
  try {
    // The first ship of a sidecar loads code that later ones have in memory.
    await press('before');
    await press('now');
    await compare(benches, `nothing changed, process, ${name}`, async wheel => {
      const { prefix, cache } = places[wheel];
      return (await shipEnv(benches[wheel], { python, prefix, cache })).ms;
    });
    await compare(benches, `nothing changed, sidecar, ${name}`, press);
    await compare(benches, `one line edited, sidecar, ${name}`, async wheel => {
      editable.edit();
      return press(wheel);
    });
    await compare(benches, `tiny package, sidecar, ${name}`, async (wheel, run) => {
      const version = 2 * run + (wheel === 'now' ? 1 : 0);
      await install(venv, await tinyWheel(benches.now.wheels, version));
      settle(venv);
      const ms = await press(wheel);
      await uninstall(venv, TINY);
      return ms;
    });
  } finally {
    await Promise.all(Object.values(sidecars).map(async sidecar => sidecar.stop()));
    await editable.remove();
  }
}

/**
 * The time until an executor's python runs, on an empty node and on a node that has the environment.
 */
async function compareStarts(benches: Benches, { name, python }: MeasuredEnvironment): Promise<void> {
  const folder = join(benches.now.work, `starts-${name}`);
  mkdirSync(folder);
  const artifactOf = async (wheel: Wheel) => {
    const { env, shipEnvVenv } = benches[wheel];
    const output = join(folder, `${wheel}.pex`);
    await timed(join(shipEnvVenv, 'bin', 'ship-env'), ['build', '--python', python, '--output', output], {
      env: { ...env, SHIP_ENV_CACHE: join(folder, `cache-${wheel}`) }
    });
    return output;
  };
  const artifacts = { before: await artifactOf('before'), now: await artifactOf('now') };
  const start = async (wheel: Wheel, root: string) =>
    (await timed(artifacts[wheel], ['-c', 'pass'], { env: { ...process.env, SHIP_ENV_NODE_ROOT: root } })).ms;
  settle(folder);
  await compare(benches, `first start on a node, ${name}`, async wheel => {
    const root = join(folder, 'node');
    const ms = await start(wheel, root);
    rmSync(root, { recursive: true, force: true });
    return ms;
  });
  await compare(benches, `later start on a node, ${name}`, async wheel => start(wheel, join(folder, `node-${wheel}`)));
  rmSync(folder, { recursive: true, force: true });
}
