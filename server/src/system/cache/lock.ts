import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShipEnvError, hasCode } from '../../errors.js';
import { isNothing, orNothing } from '../files/nothing.js';
import { FILE_KINDS, UnusableFile, readBounded } from '../files/read.js';
import { isDead, ownerName } from '../process/owner.js';
import { clear, clearFilledFolder, clearUnlessFolder, makeFolderBelow } from './place.js';

/** How long a lock without a sign of life blocks others. A killed process of this machine blocks nobody. */
const STALE_MS = 10_000;
/** `stale` is ten years: the library must never take a lock away, because {@link breakAbandoned} decides that. */
const LOCK_TIMES = { stale: 10 * 365 * 24 * 60 * 60 * 1000, update: 2000 };
/** Milliseconds between two attempts to get a lock that another process holds. */
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
    // A lost lock cannot be released, and a lock that stays becomes stale. The result of the work matters more.
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
  // Loaded on demand: a ship that has nothing to write needs no lock.
  const { lock } = (await import('proper-lockfile')).default;
  for (let waited = false; ; waited = true) {
    signal.throwIfAborted();
    try {
      // Make the folder in each round: a person who clears the cache removes it while others wait.
      await makeFolderBelow(root, directory);
      // A folder at this path is a lock whose holder may be alive, even when it contains something ({@link breakAbandoned}).
      await clearUnlessFolder(lockPath(path));
      const release = await lock(path, { ...LOCK_TIMES, realpath: false, onCompromised: onLost });
      try {
        await clear(ownerPath(path));
        await writeFile(ownerPath(path), ownerName(), { mode: 0o600 });
      } catch (error) {
        // Without this the lock stays held as long as this process lives, which may be days.
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

/** The file that names the holder of the lock. */
function ownerPath(path: string): string {
  return `${path}.owner`;
}

async function releaseAndForget(path: string, release: () => Promise<void>): Promise<void> {
  // Remove the name before the lock is free: the next holder writes its own name there.
  await clear(ownerPath(path));
  await release();
}

/**
 * Takes a lock away from a process that was killed or no longer makes progress.
 *
 * One process at a time does this, and it removes the owner's name first. If another process gets the lock at that moment,
 * no name of an earlier owner is left that could be mistaken for the name of the new one.
 *
 * @returns whether the lock may be free now
 */
async function breakAbandoned(path: string): Promise<boolean> {
  if (!(await isAbandoned(path))) return false;
  const { lock } = (await import('proper-lockfile')).default;
  const breaking = `${path}.breaking`;
  await clearUnlessFolder(lockPath(breaking));
  // The library removes a stale lock folder only when it is empty. Nobody else removes it.
  if (await isUnsigned(breaking)) await clearFilledFolder(lockPath(breaking));
  let release: () => Promise<void>;
  try {
    release = await lock(breaking, { stale: STALE_MS, realpath: false });
  } catch (error) {
    // Another process is taking the lock away now.
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

/** Whether the holder has shown no sign of life for {@link STALE_MS}. */
async function isUnsigned(path: string): Promise<boolean> {
  const signed = (await orNothing(lstat(lockPath(path))))?.mtimeMs;
  return signed !== undefined && signed < Date.now() - STALE_MS;
}

async function ownerOf(path: string): Promise<string | undefined> {
  try {
    return (await readBounded(ownerPath(path), FILE_KINDS.cacheNote)).toString('utf8');
  } catch (error) {
    // The owner is unknown then.
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
