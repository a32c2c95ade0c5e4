import { CommanderError } from 'commander';
import * as z from 'zod';
import { exitCodeOf } from './cli/exit-codes.js';
import { createProgram, type Run } from './cli/program.js';
import { jsonView, withoutShortSteps, personView, type View } from './cli/view.js';
import { ShipEnvError, toErrorObject } from './errors.js';
import { LAST_GRACE_MS } from './system/process/last-grace.js';
import { VERSION } from './system/version.js';

// Compiling a parser for a schema is worth it only for thousands of objects; most of our schemas parse one.
z.config({ jitless: true });

const cancel = new AbortController();

/**
 * Ends the process at once. `process.exit` would wait for threads that read files, and a file system that does not
 * answer blocks them. Shells report an end by SIGINT as 130.
 */
function endAtOnce(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

// The first signal cancels and cleans up; a second one ends the process at once.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (cancel.signal.aborted) endAtOnce();
    cancel.abort();
  });
}

// The reader of our output has ended: a kernel was killed during its ship, or the command is `ship-env list | head -1`.
// Work under way is cancelled with its clean-up; finished work is not a failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    cancel.abort();
  });
}

/** The program that `run` starts is the only one that writes to stdout. */
async function viewOf(isJson: boolean, isRun: boolean): Promise<View> {
  if (isJson) return jsonView(isRun ? process.stderr : process.stdout);
  const view = await personView(process.stdout, process.stderr);
  return isRun ? withoutShortSteps(view) : view;
}

const run: Run = async (options, work) => {
  const isRun = options.isProgram === true;
  const view = await viewOf(options.json === true, isRun);
  try {
    await work(view, cancel.signal);
  } catch (error) {
    const object = toErrorObject(error);
    view.error(object);
    process.exitCode = exitCodeOf(object.code, isRun);
    if (object.code === 'SHIP_CANCELLED') setTimeout(endAtOnce, LAST_GRACE_MS).unref();
  }
};

try {
  await createProgram(VERSION, run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has already printed the problem. --help and --version also end here, with exit code 0.
  const isRun = process.argv[2] === 'run' || process.argv[2] === 'submit';
  process.exitCode = error.exitCode === 0 ? 0 : exitCodeOf('USAGE_INVALID', isRun);
  // The words after "--" belong to a program.
  const end = process.argv.indexOf('--');
  const words = end === -1 ? process.argv : process.argv.slice(0, end);
  if (error.exitCode !== 0 && words.includes('--json')) {
    const message = error.message.replace(/^error: /, '').replace(/\.$/, '');
    jsonView(isRun ? process.stderr : process.stdout).error(
      toErrorObject(
        new ShipEnvError('USAGE_INVALID', `The command line is not valid: ${message}.`, {
          hint: 'See ship-env --help.'
        })
      )
    );
  }
}
