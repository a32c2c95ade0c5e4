import { randomUUID } from 'node:crypto';
import { lstat, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orNothing } from '../files/nothing.js';
import { isDead, ownerName } from '../process/owner.js';
import { clear, makeFolderBelow } from './place.js';
import { explainRemoval } from './removed.js';

/**
 * A process that uses the cache touches its file at this interval. When the file of a process on another machine was not
 * touched for {@link GONE_MS}, the process counts as gone; this machine's processes can be asked ({@link isDead}).
 */
const SIGN_MS = 60_000;
const GONE_MS = 10 * SIGN_MS;
/** The clock that dates files may be a little behind the clock that programs read. */
const CLOCKS_APART_MS = 5000;

/**
 * Runs `work` while a file in the cache folder announces which process uses the cache, and since when: `<time>.<owner>.<uuid>`.
 * Several machines or containers may share the cache in a home directory, so the file is also touched regularly.
 *
 * @throws ShipEnvError CACHE_UNUSABLE when the work fails because the cache was removed; else what the work throws
 */
export async function inUse<T>(root: string, work: () => Promise<T>): Promise<T> {
  const folder = join(root, 'uses');
  const path = join(folder, `${Date.now()}.${ownerName()}.${randomUUID()}`);
  const sign = setInterval(() => {
    // The file is gone when somebody cleared the folder; then there is nothing left to protect.
    utimes(path, new Date(), new Date()).catch(() => undefined);
  }, SIGN_MS).unref();
  try {
    await makeFolderBelow(root, folder);
    await writeFile(path, '', { mode: 0o600 });
    return await work();
  } catch (error) {
    throw await explainRemoval(error, root, path);
  } finally {
    clearInterval(sign);
    await clear(path);
  }
}

/** Removes the files with which killed processes announced their use of the cache. */
export async function forgetTheGone(root: string): Promise<void> {
  await oldestUse(root);
}

/** When the oldest running use of the cache began, in milliseconds since the epoch; Infinity when nobody uses it. */
export async function oldestUse(root: string): Promise<number> {
  const folder = join(root, 'uses');
  const names = await orNothing(readdir(folder));
  let oldest = Infinity;
  for (const name of names ?? []) {
    const signed = (await orNothing(lstat(join(folder, name))))?.mtimeMs;
    if (signed === undefined) continue;
    const sinceMs = Number.parseInt(name, 10);
    const isGone =
      // The age of the file proves nothing about a process of this machine: the whole machine may have been suspended.
      Number.isNaN(sinceMs) || ((await isDead(name.slice(name.indexOf('.') + 1))) ?? signed + GONE_MS < Date.now());
    if (isGone) await clear(join(folder, name));
    else oldest = Math.min(oldest, sinceMs - CLOCKS_APART_MS);
  }
  return oldest;
}
