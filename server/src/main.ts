import { CommanderError } from 'commander';
import { createProgram, type Run } from './cli/program.js';
import { jsonView, personView } from './cli/view.js';
import type { ErrorObject } from './contract/errors.js';
import { ShipEnvError, toErrorObject } from './errors.js';

/** Set by the bundler from package.json. */
declare const SHIP_ENV_VERSION: string;

/** 130 is what shells report for SIGINT. */
const EXIT_CODES: Partial<Record<ErrorObject['code'], number>> = { USAGE_INVALID: 2, SHIP_CANCELLED: 130 };

/** The first signal cancels and cleans up; a second one ends the process at once. */
function cancelOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}

const run: Run = async (options, work) => {
  const view = options.json ? jsonView(process.stdout) : personView(process.stdout, process.stderr);
  const signal = cancelOnSignals();
  try {
    await work(view, signal);
  } catch (error) {
    const object = toErrorObject(error);
    view.error(object);
    process.exitCode = EXIT_CODES[object.code] ?? 1;
  }
};

// A reader that goes away (`ship-env list | head -1`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await createProgram(SHIP_ENV_VERSION, run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has told the person; --help and --version come here too, with 0.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
  if (error.exitCode !== 0 && process.argv.includes('--json')) {
    const message = error.message.replace(/^error: /, '');
    jsonView(process.stdout).error(
      toErrorObject(new ShipEnvError('USAGE_INVALID', `The command line is not valid: ${message}.`, { hint: 'See ship-env --help.' }))
    );
  }
}
