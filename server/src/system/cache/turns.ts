import { once } from 'node:events';

/** Runs tasks under names. In this process, at most one task runs under each name. */
export class Turns {
  readonly #underWay = new Map<string, Promise<unknown>>();

  /**
   * Runs a task when no other task runs under that name.
   *
   * @param signal - stops the wait; it does not stop the task
   * @throws the signal's reason; what the task throws
   */
  async take<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let other; (other = this.#underWay.get(name)) !== undefined;) await endOf(other, signal);
    const working = work();
    this.#underWay.set(name, working);
    try {
      return await working;
    } finally {
      this.#underWay.delete(name);
    }
  }
}

/** Resolves when the task has ended, well or not. Rejects with the signal's reason when the signal aborts first. */
async function endOf(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const ended = work.then(nothing, nothing);
  if (signal === undefined) return ended;
  const waited = new AbortController();
  await Promise.race([ended, once(signal, 'abort', { signal: waited.signal }).catch(nothing)]);
  waited.abort();
  signal.throwIfAborted();
}

function nothing(): void {
  // The caller of the other task gets its result or error.
}
