import { stat } from 'node:fs/promises';
import type { Cache } from '../system/cache/cache.js';
import { keepWithin } from '../system/cache/limit.js';
import { inUse } from '../system/cache/use.js';
import { withLeftovers } from '../errors.js';
import { isNothing } from '../system/files/nothing.js';
import { readCacheLimit } from '../settings/jupyterlab.js';

/**
 * Runs work that needs the cache. While it runs, nothing is removed from the cache. After it, in success or failure,
 * old entries are removed until the cache is within its limit. When that fails after successful work, the process
 * warns.
 *
 * @throws ShipEnvError SETTINGS_INVALID before the work begins; CACHE_UNUSABLE when the cache is removed meanwhile; what the work
 *   throws
 */
export async function withCache<T>(cache: Cache, work: () => Promise<T>): Promise<T> {
  const limit = await readCacheLimit();
  // The sidecar may have opened the cache days ago, and the person may have removed it since.
  await cache.prepare();
  let result: T;
  try {
    result = await inUse(cache.root, work);
  } catch (error) {
    await keepWithin(cache, limit).catch((second: unknown) => {
      throw withLeftovers(error, second);
    });
    throw error;
  }
  // The work is done, and perhaps published. An error here must not report it as failed.
  await keepWithin(cache, limit).catch(async (error: unknown) => {
    // A cache that the person removed meanwhile needs no tidying.
    if (!(await isThere(cache.root))) return;
    process.emitWarning(`The local cache ${cache.root} could not be tidied: ${messageOf(error)}`, 'ShipEnvWarning');
  });
  return result;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !isNothing(error)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
