import { lstat, readdir, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import * as z from 'zod';
import { hasCode } from '../../errors.js';
import { isNothing, orNothing } from '../files/nothing.js';
import { FILE_KINDS, UnusableFile, readBounded } from '../files/read.js';
import { parseJson } from '../../text/json.js';
import type { Cache } from './cache.js';
import { putInPlace } from './place.js';
import { removeFolderEntry } from './folders.js';
import { oldestUse } from './use.js';

/** What was counted, and when. */
const COUNT = 'count.json';
/** So much of the limit is free after a clean-up, so that not each ship has to clean up. */
const FREE_AFTER = 0.1;
/** After so long everything is counted again: other releases, and Node.js itself, write without telling us. */
const COUNT_HOLDS_MS = 24 * 60 * 60 * 1000;
/** What is no content, and is tidied by those who made it. */
const NOT_COUNTED = new Set(['CACHEDIR.TAG', COUNT, 'locks', 'tmp', 'uses']);

/** An entry, a file or a folder; or a file that is none. */
interface Stored {
  readonly path: string;
  readonly bytes: number;
  readonly isFolder: boolean;
  /** When it was last used: the cache touches what it hands out. */
  readonly usedMs: number;
}

/**
 * Removes what was not used for longest until the cache is within its limit again. What a ship uses that is still under
 * way, here or in another process, stays, even above the limit.
 *
 * All that lies in the folder counts: entries in the formats of earlier releases too, and what V8 keeps of our program.
 * Nobody uses the formats of earlier releases, so they go first.
 *
 * How much there is was counted before, and what is written since is added to that: a ship that wrote nothing looks at one
 * small file. Everything is looked at when the limit is passed, and once a day.
 *
 * @param limit - bytes
 * @returns bytes removed
 */
export async function keepWithin(cache: Cache, limit: number): Promise<number> {
  const before = await readCount(cache);
  const written = cache.takeWrittenBytes();
  if (before !== undefined && before.bytes + written <= limit) {
    if (written > 0) await writeCount(cache, { ...before, bytes: before.bytes + written });
    return 0;
  }
  const countedMs = Date.now();
  const stored = await everything(cache);
  const bytes = stored.reduce((sum, one) => sum + one.bytes, 0);
  const left = bytes <= limit ? bytes : await removeOldest(cache, stored, bytes, limit * (1 - FREE_AFTER));
  await writeCount(cache, { bytes: left, countedMs });
  return bytes - left;
}

/** @returns bytes left */
async function removeOldest(cache: Cache, stored: Stored[], before: number, goal: number): Promise<number> {
  const inUseSince = await oldestUse(cache.root);
  let left = before;
  for (const { path, bytes, usedMs, isFolder } of stored.sort((a, b) => a.usedMs - b.usedMs)) {
    if (left <= goal || usedMs >= inUseSince) break;
    // Once more, just before: a ship that began a moment ago may have found it.
    const now = await orNothing(lstat(path));
    if (now === undefined || now.mtimeMs !== usedMs) continue;
    await (isFolder ? removeFolderEntry(cache, path) : orNothing(unlink(path)));
    left -= bytes;
    if (!cache.holds(path)) await removeEmptyFolders(dirname(path), cache.root);
  }
  return left;
}

async function everything(cache: Cache): Promise<Stored[]> {
  const found: Stored[] = [];
  // A folder that is an entry goes as a whole or not at all.
  const folders = new Map<string, number>();
  for (const name of await readdir(cache.root, { recursive: true })) {
    if (NOT_COUNTED.has(name.split(sep, 1)[0] ?? '')) continue;
    const path = join(cache.root, name);
    const info = await orNothing(lstat(path));
    if (info?.isFile() !== true) continue;
    const folder = cache.entryFolderOf(path);
    if (folder === undefined) found.push({ path, bytes: info.size, usedMs: info.mtimeMs, isFolder: false });
    else folders.set(folder, (folders.get(folder) ?? 0) + info.size);
  }
  for (const [path, bytes] of folders) {
    const info = await orNothing(lstat(path));
    if (info !== undefined) found.push({ path, bytes, usedMs: info.mtimeMs, isFolder: true });
  }
  return found;
}

/** The folders that are left behind when all entries of an earlier format have gone. */
async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let path = folder; path !== root; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) return;
      throw error;
    }
  }
}

const count = z.object({
  bytes: z.number().nonnegative(),
  /** When everything was looked at, in milliseconds since the epoch. */
  countedMs: z.number()
});
type Count = z.infer<typeof count>;

/** Only a hint: two ships that end at once may lose what one of them wrote, until everything is counted again. */
async function readCount(cache: Cache): Promise<Count | undefined> {
  try {
    const found = count.safeParse(
      parseJson((await readBounded(join(cache.root, COUNT), FILE_KINDS.cacheNote)).toString('utf8'))
    ).data;
    const age = Date.now() - (found?.countedMs ?? 0);
    return age >= 0 && age < COUNT_HOLDS_MS ? found : undefined;
  } catch (error) {
    if (isNothing(error) || error instanceof UnusableFile) return undefined;
    throw error;
  }
}

async function writeCount(cache: Cache, found: Count): Promise<void> {
  await cache.withTemporary(async temporary => {
    await writeFile(temporary, JSON.stringify(found satisfies Count), { mode: 0o600 });
    await putInPlace(temporary, join(cache.root, COUNT));
  });
}
