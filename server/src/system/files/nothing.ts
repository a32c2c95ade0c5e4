import { hasCode } from '../../errors.js';

/**
 * Whether this error means that nothing exists at a path. This includes paths at which nothing can exist: below a file, behind
 * links in a circle, under a name that no file can have.
 */
export function isNothing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG') || isImpossiblePath(error);
}

/** The result of an operation on a path; undefined when nothing exists at the path. */
export async function orNothing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isNothing(error)) return undefined;
    throw error;
  }
}

/** Node's own error for a path with a NUL, which Node does not pass to the system. */
function isImpossiblePath(error: unknown): boolean {
  return hasCode(error, 'ERR_INVALID_ARG_VALUE');
}
