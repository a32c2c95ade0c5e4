import { once } from 'node:events';

/** Work of this process under names: under each, one at a time. */
export class Turns {
  readonly #underWay = new Map<string, Promise<unknown>>();

  /**
   * Runs work when nothing else is under way under that name.
   *
   * @param signal - stops the wait; the work must see to itself
   * @throws the signal's reason; what the work throws
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

/** Settles when the work has ended, however that was; rejects with the signal's reason when that aborts first. */
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
  // The caller of the other work learns how it ended.
}
