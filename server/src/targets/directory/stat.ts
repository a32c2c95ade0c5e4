import type { BigIntStats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { hasCode } from '../../errors.js';
import { isNothing } from '../../system/files/nothing.js';

/**
 * Tells whether a name in a directory is free, a file, or taken by something else. A link counts as the file that it
 * leads to. A link that leads to nothing, or to something unreadable, still takes its name.
 *
 * @returns undefined when the name is free
 * @throws the system's error
 */
export async function statOf(path: string): Promise<BigIntStats | undefined> {
  const own = await orMissing(lstat(path, { bigint: true }));
  if (own?.isSymbolicLink() !== true) return own;
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isNothing(error) || hasCode(error, 'EACCES')) return own;
    throw error;
  }
}

/** Waits for a file operation; undefined when the file does not exist. */
export async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
