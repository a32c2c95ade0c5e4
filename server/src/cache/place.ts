import { lstat, mkdir, readdir, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../errors.js';
import { isNothing } from '../files/nothing.js';

/*
 * The cache belongs to one person, and whatever it lacks is made anew. So what stands in place of one of its files or folders
 * is removed: a folder, a FIFO, a link.
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

/** Makes a folder below the root, and those above it. A link to a folder is one: a part of the cache may lie elsewhere. */
export async function makeFolderBelow(root: string, path: string): Promise<void> {
  const make = (): Promise<unknown> => mkdir(path, { recursive: true, mode: 0o700 });
  try {
    await make();
  } catch (error) {
    // ENOENT: a link that leads nowhere.
    if (!hasCode(error, 'EEXIST', 'ENOTDIR', 'ENOENT', 'ELOOP')) throw error;
    for (let folder = path; folder !== root && dirname(folder) !== folder; folder = dirname(folder)) {
      const isFolder = await stat(folder).then(
        info => info.isDirectory(),
        () => false
      );
      if (!isFolder) await clear(folder);
    }
    await make();
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
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!isNothing(error)) throw error;
  }
}

/** Removes what is there unless it is an empty folder, which it may become at any moment. */
export async function clearUnlessEmptyFolder(path: string): Promise<void> {
  try {
    if (!(await lstat(path)).isDirectory()) await unlink(path);
    else if ((await readdir(path)).length > 0) await clear(path);
  } catch (error) {
    // What unlink(2) answers where there is a folder.
    if (!isNothing(error) && !hasCode(error, 'EISDIR', 'EPERM')) throw error;
  }
}
