import type { BigIntStats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { hasCode } from '../../errors.js';
import { isNothing } from '../../system/files/nothing.js';

/**
 * What has a name in a directory: the one rule by which a name is free, a file, or taken by something else. A link counts as
 * the file that it leads to; one that leads to nothing that can be looked at takes its name all the same.
 *
 * @returns undefined when the name is free
 * @throws the system's error
 */
export async function lookAt(path: string): Promise<BigIntStats | undefined> {
  const own = await orMissing(lstat(path, { bigint: true }));
  if (own?.isSymbolicLink() !== true) return own;
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isNothing(error) || hasCode(error, 'EACCES')) return own;
    throw error;
  }
}

/** Undefined when what was asked for is not there. */
export async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
