import { randomUUID } from 'node:crypto';
import { lstat, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orNothing } from '../files/nothing.js';
import { isDead, ownerName } from '../process/owner.js';
import { clear, makeFolderBelow } from './place.js';
import { removedOr } from './removed.js';

/**
 * A process that uses the cache says so again after so long. A process of another machine is believed to be gone after so
 * much longer; of one of this machine it shows ({@link isDead}).
 */
const SIGN_MS = 60_000;
const GONE_MS = 10 * SIGN_MS;
/** The clock that stamps files may be a little behind the one that programs ask. */
const CLOCKS_APART_MS = 5000;

/**
 * Runs `work` while a file in the cache folder says which process uses what is there, and since when: `<time>.<owner>.<uuid>`.
 * The cache may lie in a home directory that several machines or containers see, so the file is also touched regularly.
 *
 * @throws ShipEnvError CACHE_UNUSABLE when the work fails because the cache was removed; else what the work throws
 */
export async function inUse<T>(root: string, work: () => Promise<T>): Promise<T> {
  const folder = join(root, 'uses');
  const path = join(folder, `${Date.now()}.${ownerName()}.${randomUUID()}`);
  const sign = setInterval(() => {
    // Whoever cleared the folder took the file along; nothing is left that it could keep.
    utimes(path, new Date(), new Date()).catch(() => undefined);
  }, SIGN_MS).unref();
  try {
    await makeFolderBelow(root, folder);
    await writeFile(path, '', { mode: 0o600 });
    return await work();
  } catch (error) {
    throw await removedOr(error, root, path);
  } finally {
    clearInterval(sign);
    await clear(path);
  }
}

/** Removes what killed processes had said of their use of the cache. */
export async function forgetTheGone(root: string): Promise<void> {
  await oldestUse(root);
}

/** Since when the cache is in use, in milliseconds since the epoch; Infinity when nobody uses it. */
export async function oldestUse(root: string): Promise<number> {
  const folder = join(root, 'uses');
  const names = await orNothing(readdir(folder));
  let oldest = Infinity;
  for (const name of names ?? []) {
    const signed = (await orNothing(lstat(join(folder, name))))?.mtimeMs;
    if (signed === undefined) continue;
    const sinceMs = Number.parseInt(name, 10);
    const isGone =
      // A process of this machine may have stood still, with the machine itself.
      Number.isNaN(sinceMs) || ((await isDead(name.slice(name.indexOf('.') + 1))) ?? signed + GONE_MS < Date.now());
    if (isGone) await clear(join(folder, name));
    else oldest = Math.min(oldest, sinceMs - CLOCKS_APART_MS);
  }
  return oldest;
}
