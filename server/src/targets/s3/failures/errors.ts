import { ShipEnvError } from '../../../errors.js';
import { s3CodeOf, statusOf, systemCodeOf } from './answer.js';
import { failureOf } from './failure-of.js';
import { FAILURES, type Failure } from './failures.js';
import type { S3Settings } from '../settings.js';

/**
 * Turns an error of a store into a ShipEnvError, by system code, S3 code and HTTP status. Our own errors pass through.
 * So do errors without such a code, which are bugs.
 *
 * @param doing - the attempted action, with the target's URL: `Writing env-1.pex to s3://bucket`
 */
export function s3Error(error: unknown, doing: string, settings: S3Settings): unknown {
  if (error instanceof ShipEnvError) return error;
  const name = failureOf(error);
  if (name === undefined) return error;
  const failure: Failure = FAILURES[name];
  const answer = answerOf(error);
  return new ShipEnvError(failure.code, `${doing} failed: ${failure.found(settings)}${answer && ` (${answer})`}.`, {
    hint: failure.hint(settings),
    cause: error
  });
}

/** The error about an endpoint that is not an S3 store. */
export function noS3Store(settings: S3Settings): ShipEnvError {
  const { code, found, hint } = FAILURES.notS3;
  return new ShipEnvError(code, `The target ${settings.url} cannot be used: ${found(settings)}.`, { hint: hint() });
}

/** The store's answer in its own terms, without anything from the request. */
function answerOf(error: unknown): string {
  const status = statusOf(error);
  if (status === undefined) return systemCodeOf(error) ?? '';
  const code = s3CodeOf(error) ?? '';
  return code === '' ? `HTTP ${status}` : `${code}, HTTP ${status}`;
}
