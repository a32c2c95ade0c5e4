/** The parts of a build, in their order. */
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeGenerated } from '../generate/index.mjs';
import { paths } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { bytes, heading, step } from '../lib/terminal.mjs';
import { uv } from '../setup/python.mjs';
import { whenChanged, writeStamp } from '../setup/stamp.mjs';
import { HADOOP_HELPER, compileHadoopHelper } from './hadoop.mjs';
import { buildSidecar } from './sidecar.mjs';

/**
 * @typedef {object} Build
 * @property {NodeJS.ProcessEnv} env
 * @property {boolean} prod minified
 */

/** @type {Readonly<Record<string, (build: Build) => Promise<void>>>} */
export const PARTS = {
  generated: async () => {
    await step(
      'generated files',
      () => writeGenerated(),
      names => names.join(', ')
    );
  },
  lib: async ({ env }) => {
    await step('front end', async () => {
      // tsc does not remove its output for source files that are gone.
      rmSync(join(paths.root, 'lib'), { recursive: true, force: true });
      await run('npx', ['tsc', '-p', '.'], { env, stdout: 'capture' });
    });
  },
  seed: async ({ env }) => buildSeed(env),
  hadoop: async ({ env }) => buildHadoopHelper(env),
  server: async ({ prod }) => {
    const describe = (/** @type {{files: number, bytes: number}} */ made) =>
      `${made.files} files, ${bytes(made.bytes)}`;
    await step('sidecar bundle', () => buildSidecar({ minify: prod }), describe);
  },
  labextension: async ({ env, prod }) => {
    await step('labextension', async () => {
      rmSync(paths.labextension, { recursive: true, force: true });
      await run('jupyter-builder', ['build', ...(prod ? [] : ['--development', 'True']), '.'], {
        env,
        stdout: 'capture'
      });
    });
  }
};

/** Sources of the bundle. */
const BUNDLE_SOURCES = [
  'hadoop',
  'jupyterlab_ship_env/runtime',
  'scripts/build',
  'server/src',
  'package-lock.json',
  'package.json',
  'requirements/build.txt',
  'tsconfig.base.json'
];
/** Sources of a wheel: when none of them changed, the wheel of the last run is used. */
const WHEEL_SOURCES = [
  'hadoop',
  'jupyter-config',
  'jupyterlab_ship_env',
  'schema',
  'scripts/build',
  'server/src',
  'src',
  'style',
  'LICENSE',
  'README.md',
  'hatch_build.py',
  'install.json',
  'package-lock.json',
  'package.json',
  'pyproject.toml',
  'requirements/build.txt',
  'tsconfig.base.json',
  'tsconfig.json'
];
const MADE = ['labextension', 'sidecar', '__pycache__', '_version.py', '.mypy_cache', '.ruff_cache'];

/** Stamps that tell which sources the minified output in the build folders and in dist/ comes from. */
const STAMPS = { bundle: join(paths.cache, 'bundle.stamp'), wheel: join(paths.cache, 'wheel.stamp') };
const BUNDLE = join(paths.sidecar, 'ship-env.mjs');

/** Removes the stamps. Called before anything but the minified parts of a wheel is written to the build folders. */
export function forgetBuilds() {
  Object.values(STAMPS).forEach(stamp => rmSync(stamp, { force: true }));
}

/**
 * Makes the seed, unless it exists.
 *
 * @param {NodeJS.ProcessEnv} env from `setUp`
 */
export async function buildSeed(env) {
  const seed = join(paths.root, 'server', 'dist', 'seed.pex');
  const make = async () => run('node', ['scripts/build/seed.mjs'], { env, stdout: 'capture' });
  const inputs = ['scripts/build/seed.mjs', 'requirements/build.txt'].flatMap(inRoot);
  const build = async () => {
    await step('PEX seed', make, () => bytes(statSync(seed).size));
  };
  await whenChanged(join(paths.cache, 'seed.stamp'), inputs, build, [seed]);
}

/**
 * Compiles the helper for Hadoop's file systems, unless it was compiled from the present sources.
 *
 * @param {NodeJS.ProcessEnv} env from `setUp`
 */
export async function buildHadoopHelper(env) {
  const inputs = ['hadoop/helper', 'scripts/build/hadoop.mjs', 'scripts/build/hadoop-signatures.mjs'].flatMap(inRoot);
  const build = async () => step('Hadoop helper', () => compileHadoopHelper(env));
  await whenChanged(join(paths.cache, 'hadoop-helper.stamp'), inputs, build, [join(HADOOP_HELPER, 'core-site.xml')]);
}

/**
 * Builds the sidecar and the command line, minified, unless they were built from the present sources.
 *
 * @param {NodeJS.ProcessEnv} env from `setUp`
 */
export async function buildBundle(env) {
  const build = async () => {
    heading('Build');
    await buildSeed(env);
    await buildHadoopHelper(env);
    await PARTS['server']?.({ env, prod: true });
  };
  await whenChanged(STAMPS.bundle, BUNDLE_SOURCES.flatMap(inRoot), build, [BUNDLE]);
}

/**
 * Builds everything, minified, and the wheel, unless dist/ holds a wheel of the present sources.
 *
 * @param {NodeJS.ProcessEnv} env from `setUp`
 * @returns {Promise<string>} path of the wheel
 */
export async function buildWheel(env) {
  if (findWheel() === undefined) {
    rmSync(STAMPS.wheel, { force: true });
  }
  const build = async () => {
    heading('Build');
    for (const buildPart of Object.values(PARTS)) {
      await buildPart({ env, prod: true });
    }
    writeStamp(STAMPS.bundle, BUNDLE_SOURCES.flatMap(inRoot));
    await step('wheel', async () => {
      rmSync(paths.dist, { recursive: true, force: true });
      await uv(
        ['build', '--quiet', '--wheel', '--no-build-isolation', '--python', join(paths.venv, 'bin', 'python')],
        env
      );
    });
  };
  const made = [BUNDLE, join(paths.labextension, 'package.json')];
  await whenChanged(STAMPS.wheel, WHEEL_SOURCES.flatMap(inRoot), build, made);
  // The last bundle may come from other sources than the wheel.
  await buildBundle(env);
  const wheel = findWheel();
  if (wheel === undefined) {
    throw new Error('The build succeeded, but there is no wheel in dist/.');
  }
  return wheel;
}

function findWheel() {
  const names = existsSync(paths.dist) ? readdirSync(paths.dist) : [];
  const wheel = names.find(name => name.endsWith('.whl'));
  return wheel === undefined ? undefined : join(paths.dist, wheel);
}

/** @param {string} source */
function inRoot(source) {
  return contentsOf(join(paths.root, source));
}

/**
 * @param {string} path
 * @returns {string[]} paths in the checkout and texts of the files there, sorted
 */
function contentsOf(path) {
  if (!existsSync(path)) {
    return [relative(paths.root, path), ''];
  }
  if (statSync(path).isFile()) {
    return [relative(paths.root, path), readFileSync(path, 'latin1')];
  }
  const names = readdirSync(path).filter(name => !MADE.includes(name));
  return names.sort().flatMap(name => contentsOf(join(path, name)));
}
