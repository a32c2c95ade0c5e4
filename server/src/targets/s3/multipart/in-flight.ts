import { GRACE_MS } from '../time-limits.js';

/**
 * Requests of one upload, several on their way at once.
 *
 * When one fails, or the signal is aborted, no new one begins. Those on their way get a moment to end before their
 * connections are cut: a part that was sent whole may else arrive after the upload was removed, and stay for ever.
 */
export class InFlight {
  /** Aborted when the upload is cancelled or has failed. */
  readonly stop: AbortSignal;
  readonly #limit: number;
  readonly #failure = new AbortController();
  readonly #cut = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** What must be done, too, before the upload can end. */
  readonly #besides: Promise<void>[] = [];

  constructor(limit: number, signal: AbortSignal) {
    this.#limit = limit;
    this.stop = AbortSignal.any([signal, this.#failure.signal]);
  }

  /**
   * Begins a request as soon as there is room for it.
   *
   * @param request - is given the signal that cuts its connection
   * @throws why no new one may begin
   */
  async begin(request: (cut: AbortSignal) => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await this.#settledOrStopped(Promise.race(this.#running));
    this.stop.throwIfAborted();
    const running = this.#watched(request(this.#cut.signal).finally(() => this.#running.delete(running)));
    this.#running.add(running);
  }

  /** Takes on something else that the upload needs and that goes on beside its requests. It heeds {@link stop}. */
  beside(work: Promise<void>): void {
    this.#besides.push(this.#watched(work));
  }

  /** Whoever fails first stops the others; its error is taken up where all are awaited. */
  #watched(work: Promise<void>): Promise<void> {
    work.catch((error: unknown) => this.#failure.abort(error));
    return work;
  }

  /** Those of a sequence that come before the upload is stopped. @throws why it was stopped */
  async *untilStopped<T>(items: AsyncIterator<T>): AsyncGenerator<T> {
    for (;;) {
      const next = items.next();
      // It is awaited below, unless the upload is stopped before.
      next.catch(() => undefined);
      await this.#settledOrStopped(next);
      const item = await next;
      if (item.done === true) return;
      yield item.value;
    }
  }

  /** Waits for all that began. @throws why one failed, or the signal's reason */
  async drain(): Promise<void> {
    // What goes on beside the requests may begin some.
    await this.#settledOrStopped(Promise.all(this.#besides));
    await this.#settledOrStopped(Promise.all(this.#running));
  }

  /**
   * After an error: lets those on their way end.
   *
   * @returns what stopped the upload first: the error given, if nothing else did
   */
  async settle(error: unknown): Promise<unknown> {
    const timer = setTimeout(() => this.#cut.abort(), GRACE_MS);
    await Promise.allSettled(this.#besides);
    await Promise.allSettled(this.#running);
    clearTimeout(timer);
    return this.stop.aborted ? this.stop.reason : error;
  }

  async #settledOrStopped(requests: Promise<unknown>): Promise<void> {
    const listening = new AbortController();
    const stopped = new Promise<void>(resolve =>
      this.stop.addEventListener('abort', () => resolve(), { signal: listening.signal })
    );
    try {
      await Promise.race([requests, stopped]);
      this.stop.throwIfAborted();
    } finally {
      listening.abort();
    }
  }
}
