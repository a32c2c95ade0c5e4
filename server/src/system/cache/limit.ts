import { lstat, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import * as z from 'zod';
import { hasCode } from '../../errors.js';
import { entriesBelow } from '../files/below.js';
import { isNothing, orNothing } from '../files/nothing.js';
import { FILE_KINDS, UnusableFile, readBounded } from '../files/read.js';
import { parseJson } from '../../text/json.js';
import type { Cache } from './cache.js';
import { putInPlace } from './place.js';
import { removeFolderEntry } from './folders.js';
import { oldestUse } from './use.js';

/** The file that stores how many bytes were counted, and when. */
const COUNT = 'count.json';
/** The part of the limit that a clean-up leaves free, so that not every ship has to clean up. */
const FREE_AFTER = 0.1;
/** How long a count is valid. Other releases, and Node.js itself, write files that are not added to it. */
const COUNT_HOLDS_MS = 24 * 60 * 60 * 1000;
/** Files that are not content; the code that makes them also removes them. */
const NOT_COUNTED = new Set(['CACHEDIR.TAG', COUNT, 'locks', 'tmp', 'uses']);

/** An entry (a file or a folder), or a file that is not an entry. */
interface Stored {
  readonly path: string;
  readonly bytes: number;
  readonly isFolder: boolean;
  /** The mtime, which is the time of the last use: the cache touches each entry that it returns. */
  readonly usedMs: number;
}

/**
 * Removes the least recently used files until the cache is within its limit again. Files that a running ship uses, in this
 * or another process, stay, even above the limit.
 *
 * All files in the folder count, also entries in the formats of earlier releases, and V8's compile cache of our program.
 * Nobody uses the formats of earlier releases, so these entries are removed first.
 *
 * The last count is stored, and written bytes are added to it, so a ship that wrote nothing reads one small file. All files
 * are counted again when the limit is exceeded, and once a day.
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
    // Look again just before removal: a ship that began a moment ago may have found this entry.
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
  // A folder that is an entry is removed as a whole or not at all.
  const folders = new Map<string, number>();
  for await (const name of entriesBelow(cache.root)) {
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

/** Removes the folders that are empty once all entries of an earlier format are removed. */
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
  /** When all files were counted, in milliseconds since the epoch. */
  countedMs: z.number()
});
type Count = z.infer<typeof count>;

/** The stored count is only an estimate: when two ships end at once, the bytes of one may be missing until the next count. */
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
