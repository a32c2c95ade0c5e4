import type { ErrorCode } from '../../contract/errors.js';
import { ShipEnvError, hasCode, isSystemError } from '../../errors.js';

/** The meaning of file system errors for the person, by errno. */
const MEANINGS: readonly { errnos: string[]; code: ErrorCode; found: string; hint: string }[] = [
  {
    errnos: ['ENOSPC', 'EDQUOT', 'EFBIG'],
    code: 'DISK_FULL',
    found: 'its disk is full or the quota is used up',
    hint: 'Free space there, remove old artifacts from the target, or choose another directory.'
  },
  {
    errnos: ['EACCES', 'EPERM', 'EROFS'],
    code: 'TARGET_DENIED',
    found: 'this user lacks the permission',
    hint: 'Ask for write access to the directory, or choose one that you can write to.'
  },
  {
    errnos: ['ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG', 'ENOENT'],
    code: 'TARGET_BUCKET_MISSING',
    found: 'it, or a parent folder of it, is not a directory',
    hint: 'Check the path for a typing error, and check that its disk or share is mounted.'
  },
  {
    errnos: ['EIO', 'ESTALE', 'ENODEV', 'ENXIO', 'EHOSTDOWN', 'ETIMEDOUT'],
    code: 'TARGET_FAILED',
    found: 'its disk or share fails',
    hint: 'Check that the disk or share is mounted and works, then ship again.'
  }
];

/**
 * Turns a file system error into a ShipEnvError, by errno. Our own errors and aborts pass through.
 *
 * @param doing - the attempted action, with the target's URL: `Writing env-1.pex to file:///srv/ship`
 * @param path - the directory
 */
export function directoryError(error: unknown, doing: string, path: string): unknown {
  if (error instanceof ShipEnvError || !isSystemError(error)) return error;
  const meaning = MEANINGS.find(({ errnos }) => hasCode(error, ...errnos));
  return new ShipEnvError(
    meaning?.code ?? 'TARGET_FAILED',
    `${doing} failed: ${meaning?.found ?? `the system answered ${error.code}`} (${path}).`,
    { hint: meaning?.hint ?? 'Check the directory, then ship again.', cause: error }
  );
}
