import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { orNothing } from '../../system/files/nothing.js';

/** Milliseconds after which a later edit of a file shows in its times, on any file system with a fine clock. */
export const SETTLING_MS = 60;

/**
 * Identifies a file or link of the cache as it is now: another file, or the same file after an edit, has another
 * identity.
 *
 * @param stats - those of the file or link itself
 */
export function identityOf({ mode, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [mode, ino, size, mtimeMs, ctimeMs].join(' ');
}

/** The identity of the file or link at a path; undefined when nothing is there. */
export async function identityAt(path: string): Promise<string | undefined> {
  const stats = await orNothing(lstat(path));
  return stats && identityOf(stats);
}
