import { lstat } from 'node:fs/promises';
import { ShipEnvError, allCauses, hasCode, isAbort, isShipEnvError } from '../../errors.js';
import { isNothing } from '../files/nothing.js';
import { isWithin } from '../files/within.js';

/**
 * Explains an error that happened because somebody removed the cache while the work ran. Any other error is returned as it
 * is.
 *
 * @param error - what the work failed with
 * @param root - the cache folder
 * @param mark - a file in it that nobody but the work itself removes
 * @returns what to throw
 */
export async function explainRemoval(error: unknown, root: string, mark: string): Promise<unknown> {
  if (isAbort(error)) return error;
  // A folder that is being removed may still contain the mark.
  const isRemoved = missesFileOf(root, error) || (mayComeOfRemoval(error) && (await isGone(mark)));
  if (!isRemoved) return error;
  return new ShipEnvError('CACHE_UNUSABLE', `The local cache ${root} was removed while the ship ran.`, {
    hint: 'Ship again.',
    cause: error
  });
}

function missesFileOf(root: string, error: unknown): boolean {
  return [error, ...allCauses(error)].some(
    cause => hasCode(cause, 'ENOENT') && cause.path !== undefined && isWithin(cause.path, root)
  );
}

/** Errors of threads and libraries may name no file. An error with another code has another cause. */
function mayComeOfRemoval(error: unknown): boolean {
  return !isShipEnvError(error) || error.code === 'CACHE_UNUSABLE';
}

async function isGone(path: string): Promise<boolean> {
  return lstat(path).then(() => false, isNothing);
}
