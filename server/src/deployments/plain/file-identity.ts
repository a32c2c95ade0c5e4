import { lstat } from 'node:fs/promises';
import { orNothing } from '../../system/files/nothing.js';

/** Milliseconds after which a later edit of a file shows in its times, on any file system with a fine clock. */
export const SETTLING_MS = 60;

/**
 * Identifies a file or link of the cache as it is now: another file, or the same file after an edit, has another
 * identity. Undefined when there is nothing at the path.
 */
export async function identityAt(path: string): Promise<string | undefined> {
  const info = await orNothing(lstat(path, { bigint: true }));
  return info && [info.mode, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(' ');
}
