import { CommanderError } from 'commander';
import * as z from 'zod';
import { exitCodeOf } from './cli/exit-codes.js';
import { createProgram, type Run } from './cli/program.js';
import { jsonView, withoutShortSteps, personView, type View } from './cli/view.js';
import { ShipEnvError, toErrorObject } from './errors.js';
import { LAST_GRACE_MS } from './system/process/last-grace.js';

/** Set by the bundler from package.json. */
declare const SHIP_ENV_VERSION: string;

// A parser compiled for a schema pays after thousands of objects; most of ours see one.
z.config({ jitless: true });

const cancel = new AbortController();

/**
 * Ends the process whatever its threads do: `process.exit` waits for those that read files, and a file system that does not
 * answer keeps them. Shells tell the end by SIGINT as 130.
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

// Whoever read our output went away: a kernel that was killed during its ship, or `ship-env list | head -1`. What is
// under way is cancelled with its clean-up; what is done is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    cancel.abort();
  });
}

/** What `run` starts has stdout to itself. */
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
  await createProgram(SHIP_ENV_VERSION, run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has told the person; --help and --version come here too, with 0.
  const isRun = process.argv[2] === 'run';
  process.exitCode = error.exitCode === 0 ? 0 : exitCodeOf('USAGE_INVALID', isRun);
  // Behind "--" stand the words of a program.
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
