/**
 * Bundles server/src/start.ts into jupyterlab_ship_env/sidecar: the sidecar and the command line in one program.
 *
 * Code splitting keeps express and the AWS SDK in chunks of their own, which are read when they are first needed.
 * Beside the bundle lie what it reads at run time, the PEX seed and the modules that travel in artifacts, and the licences of
 * what was bundled.
 */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptFailure } from '../lib/main.mjs';
import { paths } from '../lib/paths.mjs';
import { noticesFor } from './notices.mjs';

const ENTRY = join(paths.root, 'server', 'src', 'start.ts');
const SEED = join(paths.root, 'server', 'dist', 'seed.pex');
const RUNTIME = join(paths.pythonPackage, 'runtime');

// Bundled CommonJS packages call require() for Node's own modules; an ES module has none.
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * @param {{minify: boolean}} options
 * @returns {Promise<{files: number, bytes: number}>}
 */
export async function buildSidecar({ minify }) {
  // Only here: this module is read before `npm ci` has run.
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(paths.root, 'package.json'), 'utf8'));
  rmSync(paths.sidecar, { recursive: true, force: true });
  mkdirSync(paths.sidecar, { recursive: true });
  const { metafile } = await build(optionsFor(version, minify)).catch((/** @type {unknown} */ error) => {
    // esbuild has printed where and what.
    throw new ScriptFailure('The sidecar could not be bundled.', { cause: error });
  });
  copyFileSync(SEED, join(paths.sidecar, 'seed.pex'));
  cpSync(RUNTIME, paths.sidecar, { recursive: true, filter: path => !path.includes('__pycache__') });
  writeFileSync(join(paths.sidecar, 'THIRD-PARTY-NOTICES.txt'), noticesFor(Object.keys(metafile.inputs)));
  const outputs = Object.keys(metafile.outputs);
  const bytes = outputs.reduce((sum, output) => sum + statSync(join(paths.root, output)).size, 0);
  return { files: outputs.length, bytes };
}

/**
 * @param {string} version
 * @param {boolean} minify
 * @returns {import('esbuild').BuildOptions & {metafile: true}}
 */
function optionsFor(version, minify) {
  return {
    absWorkingDir: paths.root,
    entryPoints: { 'ship-env': ENTRY },
    outdir: paths.sidecar,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // ES modules where a package has them: of those, what is not used stays out.
    mainFields: ['module', 'main'],
    target: 'node20',
    banner: { js: REQUIRE },
    define: { SHIP_ENV_VERSION: JSON.stringify(version) },
    legalComments: 'none',
    minify,
    // The names of error classes are part of what people read.
    keepNames: true,
    metafile: true,
    logLevel: 'warning'
  };
}
