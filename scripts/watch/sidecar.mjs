/** Bundles the sidecar and the command line anew whenever one of their sources changes, with source maps. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RUNTIME, bundleOptions, copyCompanions, digestOfSources } from '../build/sidecar.mjs';
import { writeGenerated } from '../generate/index.mjs';
import { paths } from '../lib/paths.mjs';

/** A placeholder for the digest of the sources in the bundle: esbuild cannot get a new value while it watches. */
const BUILD_ID = '@build-of-watch@';
/** How many builds keep their files: running programs read their chunks when they first need them. */
const BUILDS_KEPT = 3;

/**
 * @param {(problems: number) => void} onBuilt called after each build; with problems the earlier bundle stays, and
 *   esbuild has printed them
 * @returns {Promise<{stop: () => Promise<void>}>}
 */
export async function watchSidecar(onBuilt) {
  // Imported here, since this module is read before `npm ci` has run.
  const { context } = await import('esbuild');
  rmSync(paths.sidecar, { recursive: true, force: true });
  mkdirSync(paths.sidecar, { recursive: true });
  /** @type {string[][]} */
  const builds = [];
  const options = bundleOptions(BUILD_ID);
  const watching = await context({
    ...options,
    sourcemap: 'linked',
    write: false,
    plugins: [
      ...(options.plugins ?? []),
      {
        name: 'write',
        setup(build) {
          build.onResolve({ filter: /./ }, ({ kind, path }) =>
            kind === 'entry-point' ? { path, ...runtime() } : undefined
          );
          build.onEnd(async ({ errors, outputFiles = [] }) => {
            if (errors.length === 0) {
              await writeGenerated();
              builds.unshift(write(outputFiles));
              removeOld(builds.splice(BUILDS_KEPT), builds);
            }
            onBuilt(errors.length);
          });
        }
      }
    ]
  });
  await watching.watch();
  return { stop: () => watching.dispose() };
}

/** Further files for esbuild to watch: the modules for artifacts. */
function runtime() {
  const names = readdirSync(RUNTIME, { recursive: true, encoding: 'utf8' }).filter(
    name => !name.includes('__pycache__')
  );
  const isFolder = (/** @type {string} */ path) => statSync(path).isDirectory();
  const below = names.map(name => join(RUNTIME, name));
  return { watchDirs: [RUNTIME, ...below.filter(isFolder)], watchFiles: below.filter(path => !isFolder(path)) };
}

/**
 * Writes each file atomically, and the program's main file last: a program that starts finds all its chunks.
 *
 * @param {readonly import('esbuild').OutputFile[]} files
 * @returns {string[]} their paths
 */
function write(files) {
  copyCompanions();
  const isFirst = (/** @type {string} */ path) => basename(path) === 'ship-env.mjs';
  const ordered = [...files].sort((one, other) => Number(isFirst(one.path)) - Number(isFirst(other.path)));
  const digest = digestOfSources();
  for (const { path, text } of ordered) {
    writeFileSync(`${path}.new`, text.replaceAll(BUILD_ID, digest));
    renameSync(`${path}.new`, path);
  }
  return ordered.map(({ path }) => path);
}

/**
 * @param {readonly (readonly string[])[]} old
 * @param {readonly (readonly string[])[]} kept
 */
function removeOld(old, kept) {
  const needed = new Set(kept.flat());
  old.flat().forEach(path => {
    if (!needed.has(path)) {
      rmSync(path, { force: true });
    }
  });
}
