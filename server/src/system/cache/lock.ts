import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShipEnvError, hasCode } from '../../errors.js';
import { isNothing, orNothing } from '../files/nothing.js';
import { FILE_KINDS, UnusableFile, readBounded } from '../files/read.js';
import { isDead, ownerName } from '../process/owner.js';
import { clear, clearFilledFolder, clearUnlessFolder, makeFolderBelow } from './place.js';

/** A lock that shows no sign of life blocks the others for this long. A killed process of this machine blocks nobody ({@link isAbandoned}). */
const STALE_MS = 10_000;
/** Whether a lock may be taken away is decided here ({@link breakAbandoned}), so the library must never do so: ten years. */
const LOCK_TIMES = { stale: 10 * 365 * 24 * 60 * 60 * 1000, update: 2000 };
/** Between two attempts to get a lock that another process holds. */
const RETRY_MS = 100;

/** See `Cache.exclusively`. */
export async function underLock<T>(
  root: string,
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal, waited: boolean) => Promise<T>,
  onWait: () => void = () => undefined
): Promise<T> {
  const lost = new AbortController();
  const { release, waited } = await acquire(root, name, signal, {
    onWait,
    onLost: cause => lost.abort(lockLost(root, cause))
  });
  try {
    return await work(AbortSignal.any([signal, lost.signal]), waited);
  } finally {
    // A lock that is lost cannot be given back, and one that stays goes stale; how the work ended is what counts.
    await release().catch(() => undefined);
  }
}

async function acquire(
  root: string,
  name: string,
  signal: AbortSignal,
  { onWait, onLost }: { onWait: () => void; onLost: (cause: Error) => void }
): Promise<{ release: () => Promise<void>; waited: boolean }> {
  const directory = join(root, 'locks');
  const path = join(directory, name);
  // A ship that has nothing to write needs no lock.
  const { lock } = (await import('proper-lockfile')).default;
  for (let waited = false; ; waited = true) {
    signal.throwIfAborted();
    try {
      // Each time: whoever clears the cache takes the folder away from those who wait.
      await makeFolderBelow(root, directory);
      // A folder is the lock, and whoever holds it may live, whatever came into it ({@link breakAbandoned}).
      await clearUnlessFolder(lockPath(path));
      const release = await lock(path, { ...LOCK_TIMES, realpath: false, onCompromised: onLost });
      try {
        await clear(ownerPath(path));
        await writeFile(ownerPath(path), ownerName(), { mode: 0o600 });
      } catch (error) {
        // Else the lock stays taken for as long as this process lives, which may be days.
        await release();
        throw error;
      }
      return { release: () => releaseAndForget(path, release), waited };
    } catch (cause) {
      if (cause instanceof ShipEnvError) throw cause;
      if (!hasCode(cause, 'ELOCKED')) throw noLock(root, cause);
      if (await breakAbandoned(path)) continue;
      if (!waited) onWait();
      await new Promise(resolve => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Says who holds the lock; without it, nobody knows. */
function ownerPath(path: string): string {
  return `${path}.owner`;
}

async function releaseAndForget(path: string, release: () => Promise<void>): Promise<void> {
  // Before the lock is free: the next one who holds it writes its own name there.
  await clear(ownerPath(path));
  await release();
}

/**
 * Takes a lock away from a process that was killed or stands still.
 *
 * One process at a time does so, and forgets the owner first: a process that gets the lock in between has not written its
 * name yet, and then no name is there that could be taken for the one that holds it.
 *
 * @returns whether the lock may be free now
 */
async function breakAbandoned(path: string): Promise<boolean> {
  if (!(await isAbandoned(path))) return false;
  const { lock } = (await import('proper-lockfile')).default;
  const breaking = `${path}.breaking`;
  await clearUnlessFolder(lockPath(breaking));
  // The library removes a stale one only when it is empty, and nobody else would.
  if (await isUnsigned(breaking)) await clearFilledFolder(lockPath(breaking));
  let release: () => Promise<void>;
  try {
    release = await lock(breaking, { stale: STALE_MS, realpath: false });
  } catch (error) {
    // Another process takes the lock away just now.
    if (hasCode(error, 'ELOCKED')) return false;
    throw error;
  }
  try {
    if (!(await isAbandoned(path))) return true;
    await clear(ownerPath(path));
    await clear(lockPath(path));
    return true;
  } finally {
    await release();
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const owner = await ownerOf(path);
  if (owner !== undefined && (await isDead(owner))) return true;
  return isUnsigned(path);
}

/** Has whoever holds it shown no sign of life for long? */
async function isUnsigned(path: string): Promise<boolean> {
  const signed = (await orNothing(lstat(lockPath(path))))?.mtimeMs;
  return signed !== undefined && signed < Date.now() - STALE_MS;
}

async function ownerOf(path: string): Promise<string | undefined> {
  try {
    return (await readBounded(ownerPath(path), FILE_KINDS.cacheNote)).toString('utf8');
  } catch (error) {
    // Then nobody knows.
    if (isNothing(error) || error instanceof UnusableFile) return undefined;
    throw error;
  }
}

/** The folder that is the lock, as proper-lockfile names it. */
function lockPath(path: string): string {
  return `${path}.lock`;
}

function noLock(root: string, cause: unknown): ShipEnvError {
  return new ShipEnvError('CACHE_UNUSABLE', `No lock can be made in the cache folder ${root}.`, {
    hint: 'Free disk space or point SHIP_ENV_CACHE at a folder that you can write to.',
    cause
  });
}

function lockLost(root: string, cause: Error): ShipEnvError {
  return new ShipEnvError(
    'CACHE_UNUSABLE',
    `A lock in the cache folder ${root} was lost while it was in use: the folder was cleared, or this machine stood still.`,
    { hint: 'Ship again, and leave the folder alone meanwhile.', cause }
  );
}
