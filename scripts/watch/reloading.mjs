/**
 * Replaces the bundle in `npm run lab -- --dev` (SHIP_ENV_BUNDLE). Runs the bundle that `npm run watch` builds, and
 * restarts the sidecar after each build; a running ship is then cancelled.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { basename, join } from 'node:path';
import { paths } from '../lib/paths.mjs';

const BUNDLE = join(paths.sidecar, 'ship-env.mjs');
/** Wait until a build is complete: it writes many files, the main one last. */
const SETTLED_MS = 200;

if (process.argv[2] === 'serve') {
  await serve(process.argv.slice(2));
} else {
  await import(BUNDLE);
}

/**
 * The Jupyter server ignores a second line that says `ready`. When it cannot connect meanwhile, it starts this program
 * again.
 *
 * @param {string[]} args
 */
async function serve(args) {
  const ending = new AbortController();
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let sidecar;
  const stop = () => sidecar?.stdin?.end();
  const end = () => {
    ending.abort();
    stop();
  };
  process.stdin.on('end', end).resume();
  ['SIGTERM', 'SIGINT', 'SIGHUP'].forEach(signal => process.on(signal, end));
  /** @type {NodeJS.Timeout | undefined} */
  let settling;
  const watcher = watch(paths.sidecar, (_event, file) => {
    if (file === basename(BUNDLE)) {
      clearTimeout(settling);
      settling = setTimeout(stop, SETTLED_MS);
    }
  });
  while (!ending.signal.aborted) {
    // The folder of the socket must outlive the sidecar; the Jupyter server removes it, too.
    const own = args.filter(arg => arg !== '--remove-folder');
    sidecar = spawn(process.execPath, [BUNDLE, ...own], { stdio: ['pipe', 'inherit', 'inherit'] });
    const [code] = await once(sidecar, 'exit');
    if (code !== 0) {
      process.exitCode = 1;
      break;
    }
  }
  clearTimeout(settling);
  watcher.close();
  process.stdin.destroy();
}
