import type { StepEvent, StepName } from '../contract/ship.js';

/** Progress within a step: units done and in all, and what is being worked on. */
export interface StepProgress {
  done?: number;
  total?: number;
  detail?: string;
}

/** Told to a running step, so that it can say how far it is. */
export type Report = (progress: StepProgress) => void;

/** A step's outcome with the words that sum it up for the person. */
export interface StepOutcome<T> {
  value: T;
  detail: string;
}

/** A step under way. */
export interface OpenStep {
  readonly report: Report;
  /** The step has ended well. @param detail - the words that sum it up. @throws the signal's reason when it is aborted */
  done(detail: string): void;
  /** The step has ended, well or not: nothing that it still reports is told. */
  end(): void;
}

/** At most this many progress events a second and step reach the listeners. */
const PROGRESS_INTERVAL_MS = 100;

/** An event of a step with a name of its own kind: of a ship unless said otherwise. */
export type EventOf<Name extends string> = Omit<StepEvent, 'name'> & { name: Name };

/** Runs the steps of one ship, or of a run: announces, times and stops them. */
export class StepRunner<Name extends string = StepName> {
  /** The steps that ended well, in their order, with their milliseconds. */
  readonly timings: { name: Name; ms: number }[] = [];
  readonly #emit: (event: EventOf<Name>) => void;
  readonly #signal: AbortSignal;

  constructor(emit: (event: EventOf<Name>) => void, signal: AbortSignal) {
    this.#emit = emit;
    this.#signal = signal;
  }

  /**
   * Runs one step. What it throws passes through; an abort before it or during it throws the signal's reason.
   *
   * @param work - is given the step's way to report progress
   * @param isTooLate - is the ship on the target? Then an abort comes too late and the step goes on as if there were none
   * @returns the value of the outcome
   */
  async run<T>(
    name: Name,
    work: (report: Report) => Promise<StepOutcome<T>>,
    isTooLate = (): boolean => false
  ): Promise<T> {
    const step = this.begin(name, isTooLate);
    try {
      const { value, detail } = await work(step.report);
      step.done(detail);
      return value;
    } finally {
      step.end();
    }
  }

  /**
   * Begins a step that other steps overlap: whoever begins it ends it.
   *
   * @throws the signal's reason when it is aborted
   */
  begin(name: Name, isTooLate = (): boolean => false): OpenStep {
    if (!isTooLate()) this.#signal.throwIfAborted();
    const started = performance.now();
    this.#emit({ type: 'step', name, state: 'started' });
    let last = 0;
    let hasEnded = false;
    return {
      report: progress => {
        // A later step does, and reports, what a step put off.
        if (hasEnded) return;
        const now = performance.now();
        if (now - last < PROGRESS_INTERVAL_MS && progress.done !== progress.total) return;
        last = now;
        this.#emit({ type: 'step', name, state: 'progress', ...progress });
      },
      done: detail => {
        hasEnded = true;
        if (!isTooLate()) this.#signal.throwIfAborted();
        const ms = Math.round(performance.now() - started);
        this.timings.push({ name, ms });
        this.#emit({ type: 'step', name, state: 'done', detail, ms });
      },
      end: () => {
        hasEnded = true;
      }
    };
  }
}
