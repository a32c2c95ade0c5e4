import { hasCode } from '../../errors.js';

/**
 * Does this error of a look at a path say that nothing is there? So it is also where nothing can be: below a file, behind
 * links in a circle, under a name that no file can have.
 */
export function isNothing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG') || isImpossiblePath(error);
}

/** What a look at a path finds; undefined when nothing is there. */
export async function orNothing<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (isNothing(error)) return undefined;
    throw error;
  }
}

/** Node's own error for a path with a NUL, which it does not even hand to the system. */
function isImpossiblePath(error: unknown): boolean {
  return hasCode(error, 'ERR_INVALID_ARG_VALUE');
}
