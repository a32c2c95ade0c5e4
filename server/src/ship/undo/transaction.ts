import type { Cache } from '../../system/cache/cache.js';
import { isAbort, withLeftovers } from '../../errors.js';
import type { Target } from '../../targets/target.js';
import { writeLock } from '../../targets/write-lock.js';
import { Journal } from './journal.js';

/** What work gets while no other ship of this machine writes to the target. */
export interface TransactionContext {
  /** Notes what must be undone. */
  readonly journal: Journal;
  /** Also aborts when the lock is lost. */
  readonly signal: AbortSignal;
  /**
   * Did another ship of this machine write to the target until now? Then the target may hold more than was seen before.
   */
  readonly waited: boolean;
}

/**
 * Runs `work` while no other ship of this machine writes to the target, and undoes everything when it fails. Without
 * the lock, a ship could rely on an object that another ship, cancelled a moment later, removes again.
 *
 * @param onWait - called once when another ship writes to the target
 * @throws what `work` throws; its causes tell what could not be undone
 */
export async function transaction<T>(
  cache: Cache,
  target: Target,
  signal: AbortSignal,
  work: (held: TransactionContext) => Promise<T>,
  onWait?: () => void
): Promise<T> {
  const underLock = async (held: AbortSignal, waited: boolean): Promise<T> => {
    const journal = new Journal();
    try {
      return await work({ journal, signal: held, waited });
    } catch (error) {
      // Some libraries throw an abort error of their own, which does not tell whether the person or the lost lock is
      // its reason.
      const first: unknown = held.aborted && isAbort(error) ? held.reason : error;
      await journal.undo(target).catch((second: unknown) => {
        throw withLeftovers(first, second);
      });
      throw first;
    }
  };
  return cache.exclusively(writeLock(target), signal, underLock, onWait);
}
