import { createHash } from 'node:crypto';
import type { Cache } from '../cache/cache.js';
import { isAbort, withLeftovers } from '../errors.js';
import type { Target } from '../targets/target.js';
import { Upload } from './upload.js';
import { Verified } from './verified.js';

/**
 * Runs `work` while no other ship of this machine writes to the target, and takes everything back when it fails: else
 * one ship could build on an object that another, cancelled a moment later, removes again.
 *
 * @param work - is given a signal that also aborts when the lock is lost
 * @param onWait - called once when another ship writes to the target
 * @throws what `work` throws; what could not be taken back is told by its causes
 */
export async function transaction<T>(
  cache: Cache,
  target: Target,
  signal: AbortSignal,
  work: (upload: Upload, signal: AbortSignal) => Promise<T>,
  onWait?: () => void
): Promise<T> {
  const underLock = async (held: AbortSignal, waited: boolean): Promise<T> => {
    const upload = new Upload(target, await Verified.open(cache, target), held, waited);
    try {
      return await work(upload, held);
    } catch (error) {
      // An abort that a library made an error of its own does not say whether the person or the lost lock is behind it.
      const first: unknown = held.aborted && isAbort(error) ? held.reason : error;
      await upload.rollback().catch((second: unknown) => {
        throw withLeftovers(first, second);
      });
      throw first;
    }
  };
  return cache.exclusively(writeLock(target), signal, underLock, onWait);
}

/** Name of the lock that whoever changes a target holds, among the processes of this machine. */
export function writeLock({ url }: Pick<Target, 'url'>): string {
  return `target-${createHash('sha256').update(url).digest('hex').slice(0, 16)}`;
}
