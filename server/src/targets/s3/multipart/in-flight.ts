import { GRACE_MS } from '../time-limits.js';

/**
 * The requests of one upload, several of them in flight at once.
 *
 * When a request fails, or the signal is aborted, no new request begins. Requests in flight get a moment to end before
 * their connections are cut. Otherwise a part that was sent completely could arrive after the upload was removed, and
 * would stay for ever.
 */
export class InFlight {
  /** Aborted when the upload is cancelled or has failed. */
  readonly stop: AbortSignal;
  readonly #limit: number;
  readonly #failure = new AbortController();
  readonly #cut = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** Other work that must end before the upload can end. */
  readonly #besides: Promise<void>[] = [];

  constructor(limit: number, signal: AbortSignal) {
    this.#limit = limit;
    this.stop = AbortSignal.any([signal, this.#failure.signal]);
  }

  /**
   * Begins a request as soon as there is room for it.
   *
   * @param request - gets the signal that cuts its connection
   * @throws the reason why no new request may begin
   */
  async begin(request: (cut: AbortSignal) => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await this.#settledOrStopped(Promise.race(this.#running));
    this.stop.throwIfAborted();
    const running = this.#watched(request(this.#cut.signal).finally(() => this.#running.delete(running)));
    this.#running.add(running);
  }

  /** Adds other work that the upload needs and that runs beside its requests. The work must observe {@link stop}. */
  beside(work: Promise<void>): void {
    this.#besides.push(this.#watched(work));
  }

  /** Stops everything when this work fails. The error is thrown where all work is awaited. */
  #watched(work: Promise<void>): Promise<void> {
    work.catch((error: unknown) => this.#failure.abort(error));
    return work;
  }

  /** The items of a sequence until the upload is stopped. @throws the reason of the stop */
  async *untilStopped<T>(items: AsyncIterator<T>): AsyncGenerator<T> {
    for (;;) {
      const next = items.next();
      // The promise is awaited below, unless the upload is stopped first.
      next.catch(() => undefined);
      await this.#settledOrStopped(next);
      const item = await next;
      if (item.done === true) return;
      yield item.value;
    }
  }

  /** Waits for all requests. @throws the first error, or the signal's reason */
  async drain(): Promise<void> {
    // Other work comes first, since it may begin requests.
    await this.#settledOrStopped(Promise.all(this.#besides));
    await this.#settledOrStopped(Promise.all(this.#running));
  }

  /**
   * After an error: lets the requests in flight end.
   *
   * @returns the first reason of the stop, else the given error
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
