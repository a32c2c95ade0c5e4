import type { Stats } from 'node:fs';
import { lstat, readFile, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../errors.js';
import type { Cache } from './cache.js';
import { oldestUse } from './use.js';

/** So much of the limit is free after a clean-up, so that not each ship has to clean up. */
const FREE_AFTER = 0.1;

interface Stored {
  readonly path: string;
  readonly bytes: number;
  /** When it was last used: the cache touches what it hands out. */
  readonly usedMs: number;
}

/**
 * Removes what was not used for longest until the cache is within its limit again. What a ship uses that is still under
 * way, here or in another process, stays, even above the limit.
 *
 * How much there is was counted once, and what is written since is added to that: a ship that wrote nothing looks at one
 * small file, and only when the limit is passed is everything looked at.
 *
 * @param limit - bytes
 * @returns bytes removed
 */
export async function keepWithin(cache: Cache, limit: number): Promise<number> {
  const counted = await readCount(cache);
  const written = cache.takeWrittenBytes();
  if (counted !== undefined && counted + written <= limit) {
    if (written > 0) await writeCount(cache, counted + written);
    return 0;
  }
  const stored = await everything(cache);
  const before = stored.reduce((sum, { bytes }) => sum + bytes, 0);
  const left = before <= limit ? before : await removeOldest(cache, stored, before, limit * (1 - FREE_AFTER));
  await writeCount(cache, left);
  return before - left;
}

/** @returns bytes left */
async function removeOldest(cache: Cache, stored: Stored[], before: number, goal: number): Promise<number> {
  const inUseSince = await oldestUse(cache.root);
  let left = before;
  for (const { path, bytes, usedMs } of stored.sort((a, b) => a.usedMs - b.usedMs)) {
    if (left <= goal || usedMs >= inUseSince) break;
    // Once more, just before: a ship that began a moment ago may have found it.
    const now = await statOrNothing(path);
    if (now === undefined || now.mtimeMs !== usedMs) continue;
    if (await isRemoved(path)) left -= bytes;
  }
  return left;
}

async function everything(cache: Cache): Promise<Stored[]> {
  const found: Stored[] = [];
  for (const folder of cache.entryFolders()) {
    for (const name of await namesBelow(folder)) {
      const path = join(folder, name);
      const info = await statOrNothing(path);
      if (info?.isFile() === true) found.push({ path, bytes: info.size, usedMs: info.mtimeMs });
    }
  }
  return found;
}

async function namesBelow(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    // Nothing of this kind yet, or another process removed something meanwhile; the next ship counts again.
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function statOrNothing(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function isRemoved(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw error;
  }
}

/** Only a hint: two ships that end at once may lose what one of them wrote, until everything is counted again. */
function countPath(cache: Cache): string {
  return join(cache.root, 'bytes');
}

async function readCount(cache: Cache): Promise<number | undefined> {
  try {
    const text = await readFile(countPath(cache), 'utf8');
    return /^\d+$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeCount(cache: Cache, bytes: number): Promise<void> {
  await writeFile(countPath(cache), String(bytes), { mode: 0o600 });
}
