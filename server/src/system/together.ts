/** Works that need each other: when one of them fails, it stops the others. */
export class Together {
  readonly #failed = new AbortController();
  /** Aborts when a work has failed, or when the signal that they heed aborts. */
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#failed.signal]);
  }

  /** A work whose failure stops the others. Whoever awaits it is told what failed. */
  begin<T>(work: Promise<T>): Promise<T> {
    const stopping = work.catch((error: unknown) => {
      this.#failed.abort(error);
      throw error;
    });
    stopping.catch(() => undefined);
    return stopping;
  }
}
