import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import type { ListedShip, ShipNote } from '../contract/routes.js';
import type { JobEvent, ShipEvent, ShipRequest, ShipResult, StepEvent } from '../contract/ship.js';
import { count } from '../text/count.js';
import { ShipEnvError, toErrorObject } from '../errors.js';

/** How many ended ships are remembered, so that a page that was reloaded still learns how its ship ended. */
const ENDED_KEPT = 20;

/**
 * How many ships run at once; others wait. Each has a thread for each core and its own buffers, so more ships would
 * only take memory and time from each other.
 */
const MAX_RUNNING_SHIPS = 4;

const NO_NOTE: ShipNote = { key: '', data: '' };

/** Runs one ship: the real one, or a stand-in of a test. */
export type RunShip = (
  request: ShipRequest,
  context: { signal: AbortSignal; emit: (event: StepEvent) => void }
) => Promise<ShipResult>;

/** A caller that follows a ship. */
interface Follower {
  readonly listener: (event: JobEvent) => void;
  /** The ship has ended. */
  readonly end: () => void;
}

/**
 * One ship in the sidecar. It goes on when nobody listens. A late listener hears, from the start, every event that
 * still matters.
 */
export class Job {
  readonly id = randomUUID();
  /** Settles when the ship has ended, never rejects. */
  readonly ended: Promise<void>;
  /** Set once {@link ended} has settled. */
  hasEnded = false;
  readonly #events: JobEvent[] = [];
  /** Number of the last event; not every event is kept. */
  #sequence = 0;
  readonly #followers = new Set<Follower>();
  readonly #controller = new AbortController();
  #isHeard = false;

  /**
   * @param turn - called at once; its promise resolves when this ship may begin
   * @param note - the note of the caller that starts the ship
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

  /** Did a follower hear the end? */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Tells the followers that the ship waits for others to end. */
  waits(detail: string): void {
    this.#tell({ type: 'step', name: 'snapshot', state: 'waiting', detail });
  }

  /** Cancels the ship. Its end arrives as an event, like that of any ship. */
  cancel(): void {
    this.#controller.abort();
  }

  /**
   * Calls `listener` with the events so far and those to come, until the ship has ended or the signal aborts. For past
   * progress it gets only the last event of each step. The job does not keep the follower after that.
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
    // A progress event replaces the previous one of its step: a late listener needs only the last, and memory stays
    // bounded. The event has a new number, so a listener that heard the replaced event still gets this one. Steps may
    // overlap.
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

  /** @param maxRunning - how many ships run at once */
  constructor(run: RunShip, maxRunning = MAX_RUNNING_SHIPS) {
    this.#run = run;
    this.#limit = pLimit(maxRunning);
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

  /** The ships whose end nobody has heard. When several have one key, only the newest counts. */
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
    throw new ShipEnvError('SHIP_UNKNOWN', `This sidecar knows no ship with the id ${id}.`, {
      hint: 'The sidecar was restarted, or the ship ended long ago. Ship again.'
    });
  }

  /** Cancels all ships and waits until they have cleaned up. */
  async cancelAll(): Promise<void> {
    const jobs = [...this.#jobs.values()];
    for (const job of jobs) job.cancel();
    await Promise.all(jobs.map(job => job.ended));
  }

  /**
   * Resolves when this ship may run, and keeps its place until the ship has ended; rejects when the ship is cancelled.
   */
  async #turn(job: Job): Promise<void> {
    const ahead = this.#limit.activeCount + this.#limit.pendingCount;
    if (ahead >= this.#limit.concurrency) job.waits(`${count(ahead, 'ship')} before this one`);
    await new Promise<void>((resolve, reject) => {
      job.signal.addEventListener('abort', () => reject(job.signal.reason as Error), { once: true });
      void this.#limit(async () => {
        // A ship that was cancelled meanwhile leaves its place to the next one.
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
