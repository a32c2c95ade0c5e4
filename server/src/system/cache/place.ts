import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readlink, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ShipEnvError, hasCode } from '../../errors.js';
import { isNothing, orNothing } from '../files/nothing.js';

/*
 * The cache belongs to one person, and whatever it lacks is made anew. So what stands in place of one of its files is
 * removed: a folder, a FIFO, a link. In place of a folder, too, but for links ({@link makeFolderBelow}).
 */

/**
 * Is there a file? It is then used, which its time says to whoever looks for what is not. Anything else in its place is
 * removed: a FIFO would be waited for, and a link leads to what was never in the cache.
 */
export async function isFileThere(path: string): Promise<boolean> {
  try {
    if ((await lstat(path)).isFile()) {
      const now = new Date();
      await utimes(path, now, now);
      return true;
    }
  } catch (error) {
    if (isNothing(error)) return false;
    throw error;
  }
  await clear(path);
  return false;
}

/**
 * Makes a folder below the root, and those above it. A link to a folder is one: a part of the cache may lie elsewhere. So a
 * link that leads nowhere stays, too: its disk may not be mounted.
 *
 * @throws ShipEnvError CACHE_UNUSABLE for such a link; the system's error
 */
export async function makeFolderBelow(root: string, path: string): Promise<void> {
  const make = (): Promise<unknown> => mkdir(path, { recursive: true, mode: 0o700 });
  try {
    await make();
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'ENOTDIR', 'ENOENT', 'ELOOP')) throw error;
    for (let folder = path; folder !== root && dirname(folder) !== folder; folder = dirname(folder)) {
      await makeWayForFolder(folder);
    }
    await make();
  }
}

async function makeWayForFolder(path: string): Promise<void> {
  const there = await orNothing(stat(path));
  if (there !== undefined) {
    if (!there.isDirectory()) await clearUnlessFolder(path);
  } else if ((await orNothing(lstat(path)))?.isSymbolicLink() === true) {
    throw new ShipEnvError(
      'CACHE_UNUSABLE',
      `${path} was expected to be a folder of the cache; it is a link to ${await readlink(path)}, where nothing is.`,
      { hint: 'Mount the disk that the link leads to, or delete the link.' }
    );
  }
}

/** Puts a file in the place of another one, or of whatever is there. */
export async function putInPlace(file: string, path: string): Promise<void> {
  try {
    await rename(file, path);
  } catch (error) {
    // Of all that may be there only a folder is not replaced.
    if (!hasCode(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST')) throw error;
    await clear(path);
    await rename(file, path);
  }
}

/** Removes what is there, whatever it is. What a link leads to stays. */
export async function clear(path: string): Promise<void> {
  await orNothing(rm(path, { recursive: true, force: true }));
}

/** Removes what is there unless it is a folder, which it may become at any moment. */
export async function clearUnlessFolder(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (isNothing(error)) return;
    // What unlink(2) answers where there is a folder; EPERM has other causes, too.
    const isFolder = hasCode(error, 'EISDIR', 'EPERM') && (await orNothing(lstat(path)))?.isDirectory() !== false;
    if (!isFolder) throw error;
  }
}

/**
 * Removes a folder that holds something. It is moved away first: another process may have removed it a moment ago and made
 * an empty one, which comes back.
 */
export async function clearFilledFolder(path: string): Promise<void> {
  const isFilled = async (folder: string): Promise<boolean> => ((await orNothing(readdir(folder))) ?? []).length > 0;
  if (!(await isFilled(path))) return;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isNothing(error)) return;
    throw error;
  }
  if (await isFilled(aside)) await clear(aside);
  else await rename(aside, path);
}
