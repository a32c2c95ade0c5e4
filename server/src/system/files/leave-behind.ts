import { setTimeout } from 'node:timers/promises';

/** Milliseconds in which cancelled work ends by itself, unless a read hangs. The work checks its signal between reads. */
const GRACE_MS = 2000;

/**
 * Runs work that reads files. When the work is cancelled and does not end, because a file system does not answer, the promise
 * rejects with the signal's reason, and the result of the work is ignored.
 *
 * @param work - must write nothing but the cache, because it may still run after the promise has rejected
 * @throws what the work throws; the signal's reason when the work does not end in time
 */
export async function orLeaveBehind<T>(signal: AbortSignal, work: () => Promise<T>, graceMs = GRACE_MS): Promise<T> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const working = work().finally(() => ended.abort());
  // The work may reject after the race has ended.
  working.catch(() => undefined);
  return Promise.race([working, givenUp(signal, ended.signal, graceMs)]);
}

/** Rejects some time after the signal was aborted, unless the work has ended; otherwise it never settles. */
function givenUp(signal: AbortSignal, ended: AbortSignal, graceMs: number): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = (): void => {
      setTimeout(graceMs, undefined, { signal: ended }).then(
        () => reject(signal.reason as Error),
        // The work ended in time.
        () => undefined
      );
    };
    signal.addEventListener('abort', giveUp, { once: true, signal: ended });
  });
}
