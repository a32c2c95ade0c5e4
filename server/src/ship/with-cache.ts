import { stat } from 'node:fs/promises';
import type { Cache } from '../system/cache/cache.js';
import { keepWithin } from '../system/cache/limit.js';
import { inUse } from '../system/cache/use.js';
import { withLeftovers } from '../errors.js';
import { isNothing } from '../system/files/nothing.js';
import { readCacheLimit } from '../settings/jupyterlab.js';

/**
 * Runs work that builds on the cache: nothing that it finds there is removed meanwhile, and afterwards, however it
 * ended, the cache is within its limit; when that fails after work that went well, the process warns.
 *
 * @throws ShipEnvError SETTINGS_INVALID before the work begins; CACHE_UNUSABLE when the cache is removed meanwhile; what the work
 *   throws
 */
export async function withCache<T>(cache: Cache, work: () => Promise<T>): Promise<T> {
  const limit = await readCacheLimit();
  // A sidecar opened the cache days ago; a person may have removed it since.
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
  // What was to be done is done, and published perhaps: that must not be told as failed.
  await keepWithin(cache, limit).catch(async (error: unknown) => {
    // What a person removed meanwhile holds nothing.
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
