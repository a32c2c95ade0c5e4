import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readlink, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ShipEnvError, hasCode } from '../../errors.js';
import { isNothing, orNothing } from '../files/nothing.js';

/*
 * The cache belongs to one person, and a missing entry is made again. So anything else in the place of a file is removed: a
 * folder, a FIFO, a link. Anything else in the place of a folder is removed too, except links ({@link makeFolderBelow}).
 */

/**
 * Whether there is a file. If so, its mtime is set to now, because the clean-up removes the least recently used files.
 * Anything else in its place is removed: to read a FIFO would block, and a link leads out of the cache.
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
 * Makes a folder below the root, and its parents. A link to a folder counts as a folder, because a part of the cache may be
 * on another disk. A link that leads nowhere stays too, because that disk may not be mounted.
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
      `${path} was expected to be a folder of the cache; it is a link to ${await readlink(path)}, which does not exist.`,
      { hint: 'Mount the disk that the link leads to, or delete the link.' }
    );
  }
}

/** Moves a file to a path, and replaces what is there. */
export async function putInPlace(file: string, path: string): Promise<void> {
  try {
    await rename(file, path);
  } catch (error) {
    // rename(2) replaces everything but a folder.
    if (!hasCode(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST')) throw error;
    await clear(path);
    await rename(file, path);
  }
}

/** Removes the file, folder or link at a path. The target of a link stays. */
export async function clear(path: string): Promise<void> {
  await orNothing(rm(path, { recursive: true, force: true }));
}

/** Removes what is at a path unless it is a folder. Another process may make a folder there at any moment. */
export async function clearUnlessFolder(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (isNothing(error)) return;
    // unlink(2) answers a folder with one of these; EPERM has other causes, too.
    const isFolder = hasCode(error, 'EISDIR', 'EPERM') && (await orNothing(lstat(path)))?.isDirectory() !== false;
    if (!isFolder) throw error;
  }
}

/**
 * Removes a folder that is not empty. The folder is renamed first, because another process may just have replaced it by an
 * empty one. An empty folder is renamed back.
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
