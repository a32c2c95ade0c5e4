import { lstat } from 'node:fs/promises';
import { orNothing } from '../../system/files/nothing.js';

/** Milliseconds after which a later edit of a file shows in its times, on any file system with a fine clock. */
export const SETTLING_MS = 60;

/**
 * Tells a file or a link of the cache, as it is now, from any other one, and from itself after an edit. Undefined when
 * nothing is there.
 */
export async function identityAt(path: string): Promise<string | undefined> {
  const info = await orNothing(lstat(path, { bigint: true }));
  return info && [info.mode, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(' ');
}
