import type { ErrorCode } from '../contract/errors.js';

/** 130 is what shells report for SIGINT. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = { USAGE_INVALID: 2, SHIP_CANCELLED: 130 };

/**
 * What `run` ends with when the program did not start: every other code may be the program's. docker, env and timeout do
 * the same. 126 and 127, too, are theirs: the artifact ends so when it is damaged, and when this machine lacks its Python.
 */
export const NOT_STARTED = 125;

/** The exit code of a command that failed. @param isRun - the command is `run` */
export function exitCodeOf(code: ErrorCode, isRun: boolean): number {
  if (isRun && code !== 'SHIP_CANCELLED') return NOT_STARTED;
  return EXIT_CODES[code] ?? 1;
}
