import type { StepEvent, StepName } from '../contract/ship.js';

/** Progress within a step: the units that are done, their total, and what is in work. */
export interface StepProgress {
  done?: number;
  total?: number;
  detail?: string;
}

/** A running step calls it to report its progress. */
export type Report = (progress: StepProgress) => void;

/** The outcome of a step, with a summary for the person. */
export interface StepOutcome<T> {
  value: T;
  detail: string;
}

/** A step under way. */
export interface OpenStep {
  readonly report: Report;
  /**
   * The step has succeeded. @param detail - the summary for the person. @throws the signal's reason when it is aborted
   */
  done(detail: string): void;
  /** The step has ended, in success or failure: later reports are ignored. */
  end(): void;
}

/** The shortest time between two progress events of a step. */
const PROGRESS_INTERVAL_MS = 100;

/** A step event whose step names are `Name`. */
export type EventOf<Name extends string> = Omit<StepEvent, 'name'> & { name: Name };

/** Runs the steps of one ship, or of `ship-env run`: announces, times and stops them. */
export class StepRunner<Name extends string = StepName> {
  /** The steps that succeeded, in their order, with their milliseconds. */
  readonly timings: { name: Name; ms: number }[] = [];
  readonly #emit: (event: EventOf<Name>) => void;
  readonly #signal: AbortSignal;

  constructor(emit: (event: EventOf<Name>) => void, signal: AbortSignal) {
    this.#emit = emit;
    this.#signal = signal;
  }

  /**
   * Runs one step. Its errors pass through; an abort before or during the step throws the signal's reason.
   *
   * @param work - gets the function that reports progress
   * @param isTooLate - is the ship published? Then an abort comes too late, and the step goes on as if there were none
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
   * Begins a step that other steps overlap. The caller must end it.
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
        // Work that a step put off may still report after the step has ended.
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
