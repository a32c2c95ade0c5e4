import { ShipEnvError } from '../../../errors.js';
import { s3CodeOf, statusOf, systemCodeOf } from './answer.js';
import { FAILURES, failureOf, type Failure } from './failures.js';
import type { S3Settings } from '../settings.js';

/**
 * What went wrong with a store, decided by system codes, S3 codes and HTTP status. Errors that are ours pass through;
 * so do errors that no library's code explains, which are bugs.
 *
 * @param doing - what was wanted, with the target's URL: `Writing env-1.pex to s3://bucket`
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

/** What answers there is no S3 store. */
export function noS3Store(settings: S3Settings): ShipEnvError {
  const { code, found, hint } = FAILURES.notS3;
  return new ShipEnvError(code, `The target ${settings.url} cannot be used: ${found(settings)}.`, { hint: hint() });
}

/** What the store said, in its own terms; nothing that the request held. */
function answerOf(error: unknown): string {
  const status = statusOf(error);
  if (status === undefined) return systemCodeOf(error) ?? '';
  const code = s3CodeOf(error) ?? '';
  return code === '' ? `HTTP ${status}` : `${code}, HTTP ${status}`;
}
