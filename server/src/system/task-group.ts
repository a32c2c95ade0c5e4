/** A group of tasks that need each other: when one fails, the others are stopped. */
export class TaskGroup {
  readonly #failed = new AbortController();
  /** Aborts when one of the tasks has failed, or when the signal given to the constructor aborts. */
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#failed.signal]);
  }

  /** Adds a task whose failure stops the others. The returned promise rejects with its error. */
  add<T>(task: Promise<T>): Promise<T> {
    const stopping = task.catch((error: unknown) => {
      this.#failed.abort(error);
      throw error;
    });
    stopping.catch(() => undefined);
    return stopping;
  }
}
