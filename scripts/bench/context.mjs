/** What every part of the benchmark is given, and the states that several parts begin from. */
import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { paths, pythonOf, sitePackages } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { EDITABLE } from './editable.mjs';
import { BENCH, compileModules, lockedVenv, shipEnvVenv, uninstall } from './environments.mjs';
import { generateEnvironment, generateWheel } from './generate.mjs';
import { clusterPack } from './contenders/cluster-pack.mjs';
import { shipEnv } from './contenders/ship-env.mjs';
import { settle } from './measure.mjs';
import { Results } from './results.mjs';
import { startStore } from './store.mjs';

/** The package that is added. */
export const TINY = 'bench_tiny';

/** Stays free on the disk, whatever is measured. */
const RESERVE_BYTES = 12e9;

/**
 * @typedef {object} MeasuredEnvironment
 * @property {string} name
 * @property {string} venv
 * @property {string} python
 * @property {boolean} hasSpark
 * @property {string} [rival] a venv with the same distributions and cluster-pack: it packs where it is installed
 * @property {string} packed a venv with the same distributions, which pex and venv-pack pack: pex makes hard links to the
 *   files, and with that their ctime moves, as if each had been edited
 *
 * @typedef {'smoke' | 'default' | 'full'} Scale smoke: generated environments, no contenders; default: minutes
 *
 * @typedef {object} Bench
 * @property {Scale} scale
 * @property {string} work folder for all that goes at the end
 * @property {string} wheels folder of generated wheels, for contenders that resolve anew
 * @property {NodeJS.ProcessEnv} env of every contender, without credentials
 * @property {import('./store.mjs').Store} store
 * @property {string} shipEnvVenv
 * @property {string | undefined} before the same of an earlier wheel, which is measured beside it
 * @property {Tools | undefined} tools
 * @property {MeasuredEnvironment[]} environments
 * @property {Results} results
 * @property {Set<import('./contenders/sidecar.mjs').Sidecar>} sidecars that run: a part that fails leaves its own
 * @property {(environment: MeasuredEnvironment) => Promise<Shipped>} shipped
 * @property {(environment: MeasuredEnvironment) => Promise<RivalShipped | undefined>} rivalShipped
 *
 * @typedef {object} Tools venvs of the other contenders
 * @property {string} pex
 * @property {string} venvPack
 *
 * @typedef {object} Shipped a cold ship of ours, and what it left
 * @property {string} prefix
 * @property {string} cache
 * @property {number} ms
 * @property {number} bytes of the artifact
 *
 * @typedef {object} RivalShipped the same of cluster-pack
 * @property {string} name
 * @property {string} pexRoot
 * @property {number} ms
 * @property {number} sentBytes
 */

/**
 * @param {Scale} scale
 * @param {string} command
 * @param {string} wheel ours
 * @param {string} [earlier] an earlier wheel of ours
 * @returns {Promise<Bench>}
 */
export async function prepare(scale, command, wheel, earlier) {
  // Its own for each scale: the tests may run while somebody measures.
  const work = join(BENCH, `work-${scale}`);
  const wheels = join(work, 'wheels');
  const temporary = join(work, 'tmp');
  rmSync(work, { recursive: true, force: true });
  [wheels, temporary].forEach(path => mkdirSync(path, { recursive: true }));
  // Also what the store and the contenders put aside goes with the folder, after Ctrl+C at the next start.
  process.env['TMPDIR'] = temporary;
  const ours = await shipEnvVenv(wheel);
  const before = earlier === undefined ? undefined : await shipEnvVenv(earlier, 'ship-env-before');
  const isSmoke = scale === 'smoke';
  const environments = isSmoke ? [await generated(work)] : await realEnvironments();
  const tools = isSmoke
    ? undefined
    : {
        pex: await lockedVenv('pex', ['bench-pex']),
        venvPack: await lockedVenv('venv-pack', ['bench-venv-pack'])
      };
  /** @type {Bench} */
  const bench = {
    scale,
    work,
    wheels,
    env: {
      ...process.env,
      SHIP_ENV_NODE: join(paths.bin, 'node'),
      JUPYTER_CONFIG_DIR: join(work, 'config'),
      NO_COLOR: '1'
    },
    store: await startStore(),
    shipEnvVenv: ours,
    before,
    tools,
    environments,
    results: new Results(command, await versionOf(pythonOf(ours))),
    sidecars: new Set(),
    shipped: once(environment => shipCold(bench, environment, 'kept')),
    rivalShipped: once(async environment => rivalCold(bench, environment, environment.name))
  };
  return bench;
}

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {string} name of its own prefix and cache
 * @param {readonly string[]} [options]
 * @returns {Promise<Shipped>}
 */
export async function shipCold(bench, environment, name, options = []) {
  const prefix = `${environment.name}-${name}`;
  const cache = join(bench.work, 'caches', prefix);
  const { ms, result } = await shipEnv(bench, { python: environment.python, prefix, cache, options });
  return { prefix, cache, ms, bytes: result.artifact.bytes };
}

/**
 * @param {Bench} bench
 * @param {MeasuredEnvironment} environment
 * @param {string} name of its own archive and cache
 * @param {readonly string[]} [excluded] distributions that stay home
 * @returns {Promise<RivalShipped | undefined>} undefined where cluster-pack is not compared
 */
export async function rivalCold(bench, environment, name, excluded = []) {
  const { rival } = environment;
  if (rival === undefined) {
    return undefined;
  }
  const pexRoot = join(bench.work, `pex-root-${name}`);
  settle(rival);
  const upload = { environment: { ...environment, rival }, name, pexRoot, excluded };
  return { name, pexRoot, ...(await clusterPack(bench, upload)) };
}

/** @returns {Promise<MeasuredEnvironment[]>} the small one first */
async function realEnvironments() {
  /** @type {MeasuredEnvironment[]} */
  const environments = [];
  for (const name of /** @type {const} */ (['small', 'medium'])) {
    const venv = await lockedVenv(name, [`bench-${name}`]);
    const packed = await lockedVenv(`${name}-packed`, [`bench-${name}`]);
    const rival = await lockedVenv(`${name}-cluster-pack`, [`bench-${name}`, 'bench-cluster-pack']);
    for (const path of [venv, packed, rival]) {
      await uninstall(path, TINY, EDITABLE);
      await compileModules(path);
    }
    const hasSpark = existsSync(join(sitePackages(venv), 'pyspark'));
    environments.push({ name, venv, python: pythonOf(venv), hasSpark, packed, rival });
  }
  return environments;
}

/**
 * @param {string} work
 * @returns {Promise<MeasuredEnvironment>} of a size at which a delta upload pays: more than a part or two
 */
async function generated(work) {
  const venv = join(work, 'generated');
  const python = await generateEnvironment(venv, { distributions: 4, files: 200, bytes: 60e6 });
  return { name: 'generated', venv, python, hasSpark: false, packed: venv };
}

/**
 * A wheel of a package of a few kilobytes.
 *
 * @param {Bench} bench
 * @param {number} run makes it another one
 */
export async function tinyWheel(bench, run) {
  const plan = { name: TINY, version: `${run + 1}.0`, files: 4, moduleBytes: 1500, libraryBytes: 0 };
  return generateWheel(bench.wheels, plan);
}

/**
 * @param {Bench} bench
 * @param {string} what
 * @param {number} bytes that it needs at its peak
 * @returns {boolean} whether there is room; else the results say what was left out
 */
export function hasRoom(bench, what, bytes) {
  const { bavail, bsize } = statfsSync(bench.work);
  const isEnough = bavail * bsize - bytes > RESERVE_BYTES;
  if (!isEnough) {
    const [needed, free] = [bytes + RESERVE_BYTES, bavail * bsize].map(value => (value / 1e9).toFixed(0));
    bench.results.found.leftOut.push(`${what}: wants ${needed} GB of free disk, ${free} GB are`);
  }
  return isEnough;
}

/**
 * @template T
 * @param {(environment: MeasuredEnvironment) => Promise<T>} work
 * @returns {(environment: MeasuredEnvironment) => Promise<T>} does it for each environment once
 */
function once(work) {
  /** @type {Map<string, Promise<T>>} */
  const done = new Map();
  return environment => {
    const started = done.get(environment.name) ?? work(environment);
    done.set(environment.name, started);
    return started;
  };
}

/** @param {string} python */
async function versionOf(python) {
  const { output } = await run(python, ['-c', 'import platform; print(platform.python_version())'], {
    stdout: 'capture'
  });
  return output.trim();
}

/** @param {Bench} bench */
export async function cleanUp(bench) {
  await Promise.allSettled([...bench.sidecars].map(async sidecar => sidecar.stop()));
  await bench.store.stop();
  rmSync(bench.work, { recursive: true, force: true });
}
