import { randomUUID } from 'node:crypto';
import type { JobEvent, ShipEvent, ShipRequest, ShipResult, StepEvent } from '../contract/ship.js';
import { ShipEnvError, toErrorObject } from '../errors.js';

/** Ended ships that are remembered, so that a browser that was reloaded still learns how its ship ended. */
const ENDED_KEPT = 20;

/** Runs one ship; the pipeline, or a test's stand-in. */
export type RunShip = (
  request: ShipRequest,
  context: { signal: AbortSignal; emit: (event: StepEvent) => void }
) => Promise<ShipResult>;

/** One ship in the sidecar: it goes on when no one listens, and tells a late listener from the start what still matters. */
export class Job {
  readonly id = randomUUID();
  /** Settles when the ship has ended, never rejects. */
  readonly ended: Promise<void>;
  /** Set once {@link ended} has settled. */
  hasEnded = false;
  readonly #events: JobEvent[] = [];
  /** Of the last event; the events that were kept are fewer. */
  #sequence = 0;
  readonly #listeners = new Set<(event: JobEvent) => void>();
  readonly #controller = new AbortController();

  constructor(run: RunShip, request: ShipRequest) {
    this.ended = this.#run(run, request);
  }

  /** Cancels; how it ended arrives as an event like any other. */
  cancel(): void {
    this.#controller.abort();
  }

  /**
   * Calls `listener` with the events so far and those to come, until the ship has ended or the signal aborts. Of the
   * progress of a step that is past, it hears the last only.
   */
  async follow(listener: (event: JobEvent) => void, signal: AbortSignal): Promise<void> {
    this.#events.forEach(listener);
    this.#listeners.add(listener);
    const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.ended, aborted]);
    this.#listeners.delete(listener);
  }

  async #run(run: RunShip, request: ShipRequest): Promise<void> {
    try {
      this.#tell(await run(request, { signal: this.#controller.signal, emit: event => this.#tell(event) }));
    } catch (error) {
      this.#tell(toErrorObject(error));
    } finally {
      this.hasEnded = true;
    }
  }

  #tell(untold: ShipEvent): void {
    this.#sequence += 1;
    const event: JobEvent = { ...untold, sequence: this.#sequence };
    // A progress event replaces the step's one before it: a late listener needs the last only, and memory stays bounded.
    // It keeps its own number: who has heard the one that it replaces has not heard this one. Steps may overlap.
    if (isProgress(event)) {
      const previous = this.#events.findLastIndex(other => isProgress(other) && other.name === event.name);
      if (previous >= 0) this.#events.splice(previous, 1);
    }
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** The ships of this sidecar. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #run: RunShip;

  constructor(run: RunShip) {
    this.#run = run;
  }

  start(request: ShipRequest): Job {
    const job = new Job(this.#run, request);
    this.#jobs.set(job.id, job);
    void job.ended.then(() => this.#forgetOldest());
    return job;
  }

  /** @throws ShipEnvError SHIP_UNKNOWN */
  get(id: string): Job {
    const job = this.#jobs.get(id);
    if (job !== undefined) return job;
    throw new ShipEnvError('SHIP_UNKNOWN', `A ship with the id ${id} was asked for; this sidecar knows none.`, {
      hint: 'The sidecar was restarted, or the ship ended long ago. Ship again.'
    });
  }

  /** Cancels all and waits until their traces are gone. */
  async cancelAll(): Promise<void> {
    const jobs = [...this.#jobs.values()];
    for (const job of jobs) job.cancel();
    await Promise.all(jobs.map(job => job.ended));
  }

  #forgetOldest(): void {
    // Map keeps insertion order: the first are the oldest.
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= ENDED_KEPT) return;
      if (job.hasEnded) this.#jobs.delete(id);
    }
  }
}

function isProgress(event: JobEvent): event is JobEvent & StepEvent {
  return event.type === 'step' && event.state === 'progress';
}
