import { mkdir, rename, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../errors.js';
import { orNothing } from '../files/nothing.js';
import type { Cache } from './cache.js';
import type { FolderKind } from './kinds.js';
import { clear, makeFolderBelow } from './place.js';

/**
 * The folder of that name in the cache; it is filled first when it is missing or damaged. A folder appears whole, like a file
 * of the cache: it is filled under `tmp/` and renamed. One process at a time fills it.
 *
 * @param isWhole - checks the folder at that path; a damaged folder is removed
 * @param fill - fills the empty folder at that path; returns the number of bytes that it wrote
 * @returns the path of the folder
 * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL; what `fill` throws, after its files were removed; the signal's reason
 */
export async function folderInCache(
  cache: Cache,
  kind: FolderKind,
  name: string,
  { isWhole, fill, signal }: FolderWork
): Promise<string> {
  const path = cache.path(kind, name);
  if (await isUsable(path, isWhole)) return path;
  await cache.exclusively(`${kind}-${name}`, signal, async held => {
    if (await isUsable(path, isWhole)) return;
    await removeFolderEntry(cache, path);
    await cache.withTemporary(async temporary => {
      await mkdir(temporary, { mode: 0o700 });
      try {
        cache.addWrittenBytes(await fill(temporary, held));
        await makeFolderBelow(cache.root, dirname(path));
        await rename(temporary, path);
      } finally {
        await clear(temporary);
      }
    });
  });
  return path;
}

/** What {@link folderInCache} does with a folder. */
export interface FolderWork {
  readonly isWhole: (path: string) => Promise<boolean>;
  readonly fill: (temporary: string, signal: AbortSignal) => Promise<number>;
  readonly signal: AbortSignal;
}

/** Removes a folder of the cache. The folder is renamed first, so that nobody finds a half-removed one. */
export async function removeFolderEntry(cache: Cache, path: string): Promise<void> {
  const aside = cache.temporaryPath();
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  await clear(aside);
}

/** Checks a folder and sets its mtime, which shows its last use, as with files of the cache. */
async function isUsable(path: string, isWhole: FolderWork['isWhole']): Promise<boolean> {
  if (!(await isWhole(path))) return false;
  const now = new Date();
  await orNothing(utimes(path, now, now));
  return true;
}
