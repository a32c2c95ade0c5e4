import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import type { ListedShip, ShipNote } from '../contract/routes.js';
import type { JobEvent, ShipEvent, ShipRequest, ShipResult, StepEvent } from '../contract/ship.js';
import { count } from '../text/count.js';
import { ShipEnvError, toErrorObject } from '../errors.js';

/** Ended ships that are remembered, so that a browser that was reloaded still learns how its ship ended. */
const ENDED_KEPT = 20;

/**
 * Ships that run at once; others wait. Each has a thread for each core and buffers of its own, so that more of them would
 * only take memory and time from each other.
 */
export const MOST_AT_ONCE = 4;

const NO_NOTE: ShipNote = { key: '', data: '' };

/** Runs one ship; the pipeline, or a test's stand-in. */
export type RunShip = (
  request: ShipRequest,
  context: { signal: AbortSignal; emit: (event: StepEvent) => void }
) => Promise<ShipResult>;

/** Who follows a ship. */
interface Follower {
  readonly listener: (event: JobEvent) => void;
  /** The ship has ended. */
  readonly end: () => void;
}

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
  readonly #followers = new Set<Follower>();
  readonly #controller = new AbortController();
  #isHeard = false;

  /**
   * @param turn - resolves when this ship may begin; called at once
   * @param note - from the caller who starts the ship
   */
  constructor(
    run: RunShip,
    request: ShipRequest,
    turn: (job: Job) => Promise<void>,
    readonly note: ShipNote = NO_NOTE
  ) {
    this.ended = this.#run(run, request, turn);
  }

  /** Aborts when the ship is cancelled. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How many callers follow just now. */
  get followers(): number {
    return this.#followers.size;
  }

  /** Did a follower stay until the end? */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Tells the followers that the ship waits for others to end. */
  waits(detail: string): void {
    this.#tell({ type: 'step', name: 'snapshot', state: 'waiting', detail });
  }

  /** Cancels; how it ended arrives as an event like any other. */
  cancel(): void {
    this.#controller.abort();
  }

  /**
   * Calls `listener` with the events so far and those to come, until the ship has ended or the signal aborts. Of the
   * progress of a step that is past, it hears the last only. Nothing of the follower is kept afterwards.
   */
  async follow(listener: (event: JobEvent) => void, signal: AbortSignal): Promise<void> {
    for (const event of [...this.#events]) {
      if (signal.aborted) return;
      listener(event);
    }
    if (!this.hasEnded && !signal.aborted) await this.#followOn(listener, signal);
    if (!signal.aborted) this.#isHeard = true;
  }

  #followOn(listener: Follower['listener'], signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const leave = (): void => {
        signal.removeEventListener('abort', leave);
        this.#followers.delete(follower);
        resolve();
      };
      const follower: Follower = { listener, end: leave };
      this.#followers.add(follower);
      signal.addEventListener('abort', leave);
    });
  }

  async #run(run: RunShip, request: ShipRequest, turn: (job: Job) => Promise<void>): Promise<void> {
    try {
      await turn(this);
      this.#tell(await run(request, { signal: this.#controller.signal, emit: event => this.#tell(event) }));
    } catch (error) {
      this.#tell(toErrorObject(error));
    } finally {
      this.hasEnded = true;
      for (const { end } of this.#followers) end();
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
    for (const { listener } of this.#followers) listener(event);
  }
}

/** The ships of this sidecar. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #run: RunShip;
  readonly #limit: ReturnType<typeof pLimit>;

  /** @param mostAtOnce - how many ships run at once */
  constructor(run: RunShip, mostAtOnce = MOST_AT_ONCE) {
    this.#run = run;
    this.#limit = pLimit(mostAtOnce);
  }

  start(request: ShipRequest, note: ShipNote = NO_NOTE): Job {
    const job = new Job(this.#run, request, started => this.#turn(started), note);
    this.#jobs.set(job.id, job);
    void job.ended.then(() => this.#forgetOldest());
    return job;
  }

  /** The ship that runs under this key and was not cancelled. */
  running(key: string): Job | undefined {
    if (key === '') return undefined;
    return [...this.#jobs.values()].find(job => job.note.key === key && !job.hasEnded && !job.signal.aborted);
  }

  /** The ships whose end nobody has heard. Of several with one key only the newest counts. */
  unheard(): ListedShip[] {
    const newest = new Map([...this.#jobs.values()].map(job => [job.note.key === '' ? job.id : job.note.key, job]));
    return [...newest.values()]
      .filter(job => !job.isHeard)
      .map(({ id, note, hasEnded, followers }) => ({ id, note, isRunning: !hasEnded, followers }));
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

  /** Resolves when one of the places is free, which the ship then keeps until it has ended; rejects when it is cancelled. */
  async #turn(job: Job): Promise<void> {
    const ahead = this.#limit.activeCount + this.#limit.pendingCount;
    if (ahead >= this.#limit.concurrency) job.waits(`${count(ahead, 'ship')} before this one`);
    await new Promise<void>((resolve, reject) => {
      job.signal.addEventListener('abort', () => reject(job.signal.reason as Error), { once: true });
      void this.#limit(async () => {
        // A ship that was cancelled meanwhile gives its place on.
        if (job.signal.aborted) return;
        resolve();
        await job.ended;
      });
    });
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
