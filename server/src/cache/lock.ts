import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ShipEnvError, hasCode } from '../errors.js';

/** Of a lock: `stale`, how long a killed process blocks the others; `update`, how soon a loss is noticed. */
const LOCK_TIMES = { stale: 10_000, update: 2000 };

/** See `Cache.exclusively`. */
export async function underLock<T>(
  root: string,
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal, waited: boolean) => Promise<T>
): Promise<T> {
  const lost = new AbortController();
  const { release, waited } = await acquire(root, name, signal, cause => lost.abort(lockLost(root, cause)));
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
  onLost: (cause: Error) => void
): Promise<{ release: () => Promise<void>; waited: boolean }> {
  const directory = join(root, 'locks');
  // A ship that has nothing to write needs no lock.
  const { lock } = (await import('proper-lockfile')).default;
  for (let waited = false; ; waited = true) {
    signal.throwIfAborted();
    try {
      // Each time: whoever clears the cache takes the folder away from those who wait.
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const release = await lock(join(directory, name), { ...LOCK_TIMES, realpath: false, onCompromised: onLost });
      return { release, waited };
    } catch (cause) {
      if (!hasCode(cause, 'ELOCKED')) throw noLock(root, cause);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
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
