/** The wheel that is measured beside an earlier one (`--against`), in one run: what a change costs or saves. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { shipEnv } from '../contenders/ship-env.mjs';
import { Sidecar } from '../contenders/sidecar.mjs';
import { TINY, shipCold, tinyWheel } from '../context.mjs';
import { addEditable } from '../editable.mjs';
import { compileModules, install, removeCompiledModules, uninstall } from '../environments.mjs';
import { interleaved, median, settle, timed } from '../measure.mjs';
import { asRatio } from '../results.mjs';

const RUNS = { smoke: 2, default: 5, full: 7 };
/** Begins the name of each case. */
export const BEFORE_AFTER = 'before and after, ';
/** A change may cost so much, unless the page says why it costs more. */
const BOUND = 1.1;

/**
 * @typedef {import('../context.mjs').Bench} Bench
 * @typedef {import('../context.mjs').MeasuredEnvironment} MeasuredEnvironment
 * @typedef {'before' | 'now'} Wheel
 * @typedef {(wheel: Wheel, run: number) => Promise<number>} Case
 */

/** @type {import('./index.mjs').Part} */
export const beforeAfter = {
  name: 'before-after',
  title: 'Before and after',
  async run(bench) {
    if (bench.before === undefined) {
      return;
    }
    const wheels = { before: { ...bench, shipEnvVenv: bench.before }, now: bench };
    for (const environment of bench.environments) {
      await coldShips(wheels, environment, { what: 'cold', name: 'cold' });
      // What the ships above sent is there, and their local caches are gone.
      await coldShips(wheels, environment, { what: 'the first of a machine, all is on the target', name: 'cold' });
      removeCompiledModules(environment.venv);
      try {
        await coldShips(wheels, environment, { what: 'cold, modules not compiled', name: 'bare' });
      } finally {
        await compileModules(environment.venv);
      }
      await laterShips(wheels, environment);
      await starts(wheels, environment);
    }
  }
};

/**
 * @param {Record<Wheel, Bench>} wheels
 * @param {string} what
 * @param {Case} measure
 */
async function compare({ now }, what, measure) {
  const samples = await interleaved(RUNS[now.scale], {
    before: async run => measure('before', run),
    now: async run => measure('now', run)
  });
  const part = `${BEFORE_AFTER}${what}`;
  now.results.row(part, 'before', 'ms', samples.before);
  now.results.row(part, 'now', 'ms', samples.now);
  now.results.judge(9, part, median(samples.now) / median(samples.before), BOUND, asRatio);
}

/**
 * @param {Record<Wheel, Bench>} wheels
 * @param {MeasuredEnvironment} environment
 * @param {{what: string, name: string}} ship what is measured, and what the names of its prefixes begin with
 */
async function coldShips(wheels, environment, { what, name }) {
  await compare(wheels, `${what}, ${environment.name}`, async (wheel, run) => {
    settle(environment.venv);
    const { ms, cache } = await shipCold(wheels[wheel], environment, `${name}-${wheel}-${run}`);
    rmSync(cache, { recursive: true, force: true });
    return ms;
  });
}

/**
 * @param {Record<Wheel, Bench>} wheels
 * @param {MeasuredEnvironment} environment
 */
async function laterShips(wheels, environment) {
  const { name, python, venv } = environment;
  const editable = await addEditable(venv);
  const places = {
    before: await shipCold(wheels.before, environment, 'before-kept'),
    now: await shipCold(wheels.now, environment, 'now-kept')
  };
  const sidecars = {
    before: await Sidecar.start(wheels.before, places.before.cache),
    now: await Sidecar.start(wheels.now, places.now.cache)
  };
  const press = async (/** @type {Wheel} */ wheel) =>
    (await sidecars[wheel].ship({ python, prefix: places[wheel].prefix })).ms;
  try {
    // The first ship of a sidecar loads what later ones have.
    await press('before');
    await press('now');
    await compare(wheels, `nothing changed, process, ${name}`, async wheel => {
      const { ms } = await shipEnv(wheels[wheel], { python, ...places[wheel] });
      return ms;
    });
    await compare(wheels, `nothing changed, sidecar, ${name}`, press);
    await compare(wheels, `one line edited, sidecar, ${name}`, async wheel => {
      editable.edit();
      return press(wheel);
    });
    const versions = { before: 0, now: 1 };
    await compare(wheels, `tiny package, sidecar, ${name}`, async (wheel, run) => {
      await install(venv, await tinyWheel(wheels.now, 2 * run + versions[wheel]));
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
 * What an executor waits for before its python runs, on a node that has nothing, and on one that has the environment.
 *
 * @param {Record<Wheel, Bench>} wheels
 * @param {MeasuredEnvironment} environment
 */
async function starts(wheels, { name, python }) {
  const folder = join(wheels.now.work, `starts-${name}`);
  mkdirSync(folder);
  const artifactOf = async (/** @type {Wheel} */ wheel) => {
    const output = join(folder, `${wheel}.pex`);
    const env = { ...wheels[wheel].env, SHIP_ENV_CACHE: join(folder, `cache-${wheel}`) };
    await timed(join(wheels[wheel].shipEnvVenv, 'bin', 'ship-env'), ['build', '--python', python, '--output', output], {
      env
    });
    return output;
  };
  const artifacts = { before: await artifactOf('before'), now: await artifactOf('now') };
  const start = async (/** @type {Wheel} */ wheel, /** @type {string} */ root) =>
    (await timed(artifacts[wheel], ['-c', 'pass'], { env: { ...process.env, SHIP_ENV_NODE_ROOT: root } })).ms;
  settle(folder);
  await compare(wheels, `first start on a node, ${name}`, async wheel => {
    const root = join(folder, 'node');
    const ms = await start(wheel, root);
    rmSync(root, { recursive: true, force: true });
    return ms;
  });
  await compare(wheels, `later start on a node, ${name}`, async wheel => start(wheel, join(folder, `node-${wheel}`)));
  rmSync(folder, { recursive: true, force: true });
}
