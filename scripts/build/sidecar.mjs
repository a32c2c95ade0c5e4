/**
 * Bundles server/src/start.ts into jupyterlab_ship_env/sidecar: the sidecar and the command line in one program.
 *
 * A second program beside it runs in the threads that compress. Code splitting puts express and the AWS SDK into
 * separate chunks, which are read when they are first needed. The folder also gets the files that the bundle reads at
 * run time (the PEX seed, the modules for artifacts and the helper for Hadoop) and the licences of the bundled packages.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptFailure } from '../lib/main.mjs';
import { paths } from '../lib/paths.mjs';
import { HADOOP_HELPER } from './hadoop.mjs';
import { noticesFor } from './notices.mjs';

const ENTRY = join(paths.root, 'server', 'src', 'start.ts');
const THREAD = join(paths.root, 'server', 'src', 'content', 'segments', 'threads', 'thread.ts');
const SEED = join(paths.root, 'server', 'dist', 'seed.pex');
export const RUNTIME = join(paths.pythonPackage, 'runtime');

// Bundled CommonJS packages call require() for Node's own modules; an ES module has no require().
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * An import of `node:http` makes Node.js load all its exports, fetch and WebSocket included, which takes as long as the
 * rest of the start. A require() does not.
 *
 * @type {import('esbuild').Plugin}
 */
const REQUIRED_BUILTINS = {
  name: 'required-builtins',
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?https?$/ }, ({ path, namespace }) =>
      namespace === 'required' ? { path, external: true } : { path, namespace: 'required' }
    );
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`
    }));
  }
};

/**
 * @param {{minify: boolean}} options
 * @returns {Promise<{files: number, bytes: number}>}
 */
export async function buildSidecar({ minify }) {
  // Imported here, since this module is read before `npm ci` has run.
  const { build } = await import('esbuild');
  rmSync(paths.sidecar, { recursive: true, force: true });
  mkdirSync(paths.sidecar, { recursive: true });
  const options = { ...bundleOptions(digestOfSources()), minify };
  const { metafile } = await build(options).catch((/** @type {unknown} */ error) => {
    // esbuild has printed the problems and their places.
    throw new ScriptFailure('The sidecar could not be bundled.', { cause: error });
  });
  copyCompanions();
  writeFileSync(join(paths.sidecar, 'THIRD-PARTY-NOTICES.txt'), noticesFor(Object.keys(metafile.inputs)));
  const outputs = Object.keys(metafile.outputs);
  const bytes = outputs.reduce((sum, output) => sum + statSync(join(paths.root, output)).size, 0);
  return { files: outputs.length, bytes };
}

/** Copies the files that the bundle reads at run time to its folder. */
export function copyCompanions() {
  copyFileSync(SEED, join(paths.sidecar, 'seed.pex'));
  cpSync(HADOOP_HELPER, join(paths.sidecar, 'hadoop'), { recursive: true });
  cpSync(RUNTIME, paths.sidecar, { recursive: true, filter: path => !path.includes('__pycache__') });
}

/**
 * @param {string} buildId
 * @returns {import('esbuild').BuildOptions & {metafile: true}}
 */
export function bundleOptions(buildId) {
  const { version } = JSON.parse(readFileSync(join(paths.root, 'package.json'), 'utf8'));
  return {
    absWorkingDir: paths.root,
    entryPoints: { 'ship-env': ENTRY, thread: THREAD },
    outdir: paths.sidecar,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // Prefers ES modules, since esbuild can leave out their unused parts.
    mainFields: ['module', 'main'],
    target: 'node20',
    banner: { js: REQUIRE },
    define: { SHIP_ENV_VERSION: JSON.stringify(version), SHIP_ENV_BUILD: JSON.stringify(buildId) },
    legalComments: 'none',
    // Messages contain the names of error classes.
    keepNames: true,
    metafile: true,
    plugins: [REQUIRED_BUILTINS],
    logLevel: 'warning'
  };
}

/** A digest of all sources that decide what the bundle computes: cached results of another bundle must not be used. */
export function digestOfSources() {
  const sources = [...filesBelow(join(paths.root, 'server', 'src'), '.ts'), ...filesBelow(RUNTIME, '.py')];
  const hash = createHash('sha256');
  for (const path of [...sources, join(paths.root, 'package-lock.json'), SEED]) {
    hash.update(createHash('sha256').update(readFileSync(path)).digest());
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * @param {string} folder
 * @param {string} suffix
 */
function filesBelow(folder, suffix) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith(suffix));
  return names.sort().map(name => join(folder, name));
}
