import type { ErrorCode } from '../contract/errors.js';

/** 130 is what shells report for SIGINT. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = { USAGE_INVALID: 2, SHIP_CANCELLED: 130 };

/**
 * The exit code of `run` when the program did not start; every other code may be the program's own. docker, env and
 * timeout use 125 in the same way. 126 and 127 are codes of the artifact: it is damaged, or this machine lacks its
 * Python.
 */
const NOT_STARTED = 125;

/** The exit code of a command that failed. @param isRun - the command is `run` */
export function exitCodeOf(code: ErrorCode, isRun: boolean): number {
  if (isRun && code !== 'SHIP_CANCELLED') return NOT_STARTED;
  return EXIT_CODES[code] ?? 1;
}
