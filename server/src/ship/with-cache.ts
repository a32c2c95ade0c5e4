import type { Cache } from '../cache/cache.js';
import { keepWithin } from '../cache/limit.js';
import { inUse } from '../cache/use.js';
import { withLeftovers } from '../errors.js';
import { readCacheLimit } from '../settings/jupyterlab.js';

/**
 * Runs work that builds on the cache: nothing that it finds there is removed meanwhile, and afterwards, however it
 * ended, the cache is within its limit.
 *
 * @throws ShipEnvError SETTINGS_INVALID before the work begins; what the work throws
 */
export async function withCache<T>(cache: Cache, work: () => Promise<T>): Promise<T> {
  const limit = await readCacheLimit();
  let result: T;
  try {
    result = await inUse(cache.root, work);
  } catch (error) {
    await keepWithin(cache, limit).catch((second: unknown) => {
      throw withLeftovers(error, second);
    });
    throw error;
  }
  await keepWithin(cache, limit);
  return result;
}
