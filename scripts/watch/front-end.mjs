/** Compiles the front end and packs the labextension anew whenever one of their sources changes, with source maps. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PARTS } from '../build/index.mjs';
import { paths } from '../lib/paths.mjs';
import { start } from '../lib/process.mjs';

/** A folder for JUPYTER_PATH, with a link to the built labextension for JupyterLab and the builder. */
export const JUPYTER_PATH = join(paths.cache, 'watch', 'jupyter');

/**
 * @typedef {(problems: number, lines: readonly string[]) => void} OnBuilt called after each build, with what the
 *   compiler printed when it has problems
 */

/**
 * Runs `tsc --watch`, from src/ to lib/. It writes its output also when there are type errors.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {OnBuilt} onBuilt
 */
export function watchTypeScript(env, onBuilt) {
  // tsc does not remove its output for source files that are gone.
  rmSync(join(paths.root, 'lib'), { recursive: true, force: true });
  /** @type {string[]} */
  let lines = [];
  return start('npx', ['tsc', '-p', '.', '--watch', '--preserveWatchOutput', '--pretty', 'false'], {
    env,
    onLine: line => {
      const found = /Found (\d+) errors?\. Watching/.exec(line);
      if (found !== null) {
        onBuilt(Number(found[1]), lines);
        lines = [];
      } else if (line.trim() !== '' && !/^\S+ (?:[AP]M )?- (?:Starting|File change)/.test(line)) {
        lines.push(line);
      }
    }
  });
}

/**
 * `jupyter-builder watch`, from lib/, style/ and schema/ to the labextension. lib/ must exist.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {OnBuilt} onBuilt
 */
export async function watchLabextension(env, onBuilt) {
  await PARTS['labextension']?.({ env, prod: false });
  linkLabextension();
  /** @type {string[]} */
  let lines = [];
  const heard = (/** @type {string} */ line) => {
    const done = /compiled (successfully|with)/.exec(line);
    if (done !== null) {
      onBuilt(done[1] === 'with' && /\berrors?\b/.test(line) ? 1 : 0, lines);
      lines = [];
    } else if (
      line.trim() !== '' &&
      !/^(?:Watch Compilation|rspack is watching|Building extension|Removed old)/.test(line)
    ) {
      lines.push(line);
    }
  };
  return start('jupyter-builder', ['watch', '--development', 'True', '--source-map', 'True', '.'], {
    // Without a link to the labextension, the builder would install this project into its own environment.
    env: { ...env, JUPYTER_PATH },
    onLine: heard,
    onErrorLine: heard
  });
}

function linkLabextension() {
  const folder = join(JUPYTER_PATH, 'labextensions');
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, 'jupyterlab-ship-env'), { force: true });
  symlinkSync(paths.labextension, join(folder, 'jupyterlab-ship-env'));
}
