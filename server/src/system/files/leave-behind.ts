import { setTimeout } from 'node:timers/promises';

/** Milliseconds in which work that was cancelled ends by itself, unless a read hangs: it looks at its signal between reads. */
const GRACE_MS = 2000;

/**
 * Runs work that reads files. When it is cancelled and does not end, because a file system does not answer, it is left behind:
 * whoever waits for it is told that it was cancelled, and how it ends no longer matters.
 *
 * @param work - only reads, and writes nothing but the cache: nobody waits until it has stopped
 * @throws what the work throws; the signal's reason when it is left behind
 */
export async function orLeaveBehind<T>(signal: AbortSignal, work: () => Promise<T>, graceMs = GRACE_MS): Promise<T> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const working = work().finally(() => ended.abort());
  // Also when nobody listens any more.
  working.catch(() => undefined);
  return Promise.race([working, givenUp(signal, ended.signal, graceMs)]);
}

/** Rejects some time after the signal was aborted; else never settles. */
function givenUp(signal: AbortSignal, ended: AbortSignal, graceMs: number): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = (): void => {
      setTimeout(graceMs, undefined, { signal: ended }).then(
        () => reject(signal.reason as Error),
        // It ended in time.
        () => undefined
      );
    };
    signal.addEventListener('abort', giveUp, { once: true, signal: ended });
  });
}
