import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { BUILD_ID } from '../../../system/build-id.js';
import { fileChanged, readError, type SeenFile } from '../seen-file.js';
import { perform } from './perform.js';
import { slotAt, slotMemory, type Slot } from './slot.js';
import type { Outcome, ResultOf, Task } from './tasks.js';

/** More threads would compress faster than a disk reads. */
const MAX_THREADS = 8;
/** Slots for each thread: one for the current task, one for the next, one for the result that is being written. */
const SLOTS_EACH = 3;

/** The program of a thread is beside the bundle. The tests run the sources and use a program in dist/. */
const PROGRAM = fileURLToPath(
  new URL(BUILD_ID === 'source' ? '../../../../dist/thread.mjs' : './thread.mjs', import.meta.url)
);

/**
 * A thread has few objects, but each compressed piece is an object with a megabyte outside of the heap. With a small heap, V8
 * collects them after a dozen pieces instead of seventy.
 */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 20 };

const ENDED = 'The threads that compress ended before this task was done.';

/** A task that waits for a slot or has one. */
interface Job {
  readonly task: Task;
  readonly turn: number;
  readonly settle: (performed: Performed) => void;
  readonly fail: (error: Error) => void;
}

/** How a task ended, and its slot. */
interface Performed {
  readonly outcome: Outcome;
  readonly slot: number;
}

/** The result of a task. The slot belongs to the caller until the caller releases it. */
export type Lease<T extends Task> = ResultOf<T> & { readonly slot: Slot; readonly release: () => void };

/**
 * Threads that compress and digest while a build runs, one for each core. For small files, Node's own thread pool would take
 * twice the processor time.
 */
export class Threads {
  readonly #size: number;
  readonly #memory: SharedArrayBuffer;
  readonly #freeSlots: number[];
  readonly #threads = new Set<Thread>();
  readonly #waiting: Job[] = [];

  /** @param size - number of threads. 0 performs every task in this thread, for work that is too little to start a thread */
  constructor(size = Math.min(MAX_THREADS, availableParallelism())) {
    this.#size = size;
    this.#freeSlots = Array.from({ length: Math.max(1, size) * SLOTS_EACH }, (_, index) => index);
    this.#memory = slotMemory(this.#freeSlots.length);
  }

  /**
   * Performs a task as soon as it has a slot. Tasks with a lower turn get a slot first; within a turn, the order of the calls
   * decides.
   *
   * @param options - `files`: the files of the environment that the task reads, as the snapshot saw them
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE; the system's error
   */
  async run<T extends Task>(
    task: T,
    { files = [], turn = 0 }: { files?: readonly SeenFile[]; turn?: number | undefined } = {}
  ): Promise<Lease<T>> {
    const { outcome, slot } = await new Promise<Performed>((settle, fail) => {
      const later = this.#waiting.findIndex(job => job.turn > turn);
      this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, { task, turn, settle, fail });
      this.#assign();
    });
    const release = (): void => {
      this.#freeSlots.push(slot);
      this.#assign();
    };
    if ('result' in outcome) {
      return { ...(outcome.result as ResultOf<T>), slot: slotAt(this.#memory, slot), release };
    }
    release();
    throw errorOf(outcome, files);
  }

  /** Ends the threads. Tasks that are not performed yet fail. */
  async end(): Promise<void> {
    for (const { fail } of this.#waiting.splice(0)) fail(new Error(ENDED));
    await Promise.all([...this.#threads].map(thread => thread.end()));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const slot = this.#freeSlots.pop();
      if (slot === undefined) return;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      if (this.#size === 0) job.settle({ outcome: perform(job.task, slotAt(this.#memory, slot)), slot });
      else this.#leastBusy().take(job, slot);
    }
  }

  /** The least busy thread; or a new one, when all are busy and the limit is not reached. */
  #leastBusy(): Thread {
    const [first] = [...this.#threads].sort((a, b) => a.load - b.load);
    if (first !== undefined && (first.load === 0 || this.#threads.size === this.#size)) return first;
    const thread = new Thread(this.#memory, () => this.#threads.delete(thread));
    this.#threads.add(thread);
    return thread;
  }
}

/** A thread and its jobs. */
class Thread {
  readonly #worker: Worker;
  readonly #jobs: { readonly job: Job; readonly slot: number }[] = [];

  /** @param onEnd - called when the thread takes no more jobs */
  constructor(memory: SharedArrayBuffer, onEnd: () => void) {
    this.#worker = new Worker(PROGRAM, { name: 'compress', workerData: memory, resourceLimits: LIMITS });
    const fail = (error: unknown): void => {
      onEnd();
      for (const { job, slot } of this.#jobs.splice(0)) job.settle({ outcome: { error, code: undefined }, slot });
    };
    this.#worker.on('message', (outcome: Outcome) => {
      const done = this.#jobs.shift();
      done?.job.settle({ outcome, slot: done.slot });
    });
    // The thread could not start, or ran out of memory.
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => fail(new Error(ENDED)));
  }

  get load(): number {
    return this.#jobs.length;
  }

  take(job: Job, slot: number): void {
    this.#jobs.push({ job, slot });
    this.#worker.postMessage({ task: job.task, slot });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Translates a failed outcome for the person. */
function errorOf(outcome: Exclude<Outcome, { result: unknown }>, files: readonly SeenFile[]): unknown {
  if ('error' in outcome) {
    const { error, code } = outcome;
    return error instanceof Error && code !== undefined ? Object.assign(error, { code }) : error;
  }
  const { path, code, message } = outcome;
  const file = files.find(({ source }) => source === path);
  if (file === undefined) return new RangeError(`A thread reports ${path}, which is not a file of its task.`);
  return code === undefined ? fileChanged(file) : readError(file, Object.assign(new Error(message), { code }));
}
