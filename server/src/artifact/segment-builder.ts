import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Compilers } from './pex/compile.js';
import { writeSegment, type SegmentTools } from './segment.js';
import { Threads } from './threads/threads.js';
import type { PlannedSegment } from './types.js';

/** So much is compressed in the time that threads take to start. */
const WITHOUT_THREADS_BYTES = 2 * 1024 * 1024;
/** The same where there are few cores: a thread's start takes what compilers could use. */
const WITHOUT_THREADS_ON_FEW_CORES_BYTES = 16 * 1024 * 1024;
const FEW_CORES = 2;

/** Builds segments with threads that compress and processes that compile; each begins when it is first needed. */
export class SegmentBuilder {
  readonly #threads: Threads;
  readonly #compilers: Compilers;
  readonly #signal: AbortSignal;

  /** @param bytes - uncompressed, of all that will be built */
  constructor(bytes: number, signal: AbortSignal) {
    const cores = availableParallelism();
    const enough = cores > FEW_CORES ? WITHOUT_THREADS_BYTES : WITHOUT_THREADS_ON_FEW_CORES_BYTES;
    const hasThreads = bytes > enough;
    this.#threads = new Threads(hasThreads ? undefined : 0);
    this.#compilers = new Compilers(hasThreads ? Math.floor(cores / 2) : cores, signal);
    this.#signal = signal;
  }

  /** As `Compilers.expect`. */
  expectModules(python: string): void {
    this.#compilers.expect(python);
  }

  /**
   * Writes a segment to a path where nothing is. When it fails, what else is being built stops as well.
   *
   * @param options - `turn`: of those under way the lowest goes first; `onBytes`: called with the uncompressed bytes done
   *   since the last call
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE, PYTHON_NOT_FOUND, PYTHON_FAILED; the signal's reason
   */
  async build(
    path: string,
    segment: PlannedSegment,
    { turn, onBytes }: Pick<SegmentTools, 'turn' | 'onBytes'>
  ): Promise<void> {
    const output = `${path}.pyc`;
    const compiling = this.#compilers.compile(segment, output);
    // It is awaited by the writer; until then a failure must not count as unhandled.
    const compiled = compiling.catch(() => undefined);
    try {
      await writeSegment(path, segment, compiling, { threads: this.#threads, signal: this.#signal, turn, onBytes });
    } catch (error) {
      this.#compilers.stop(error);
      throw error;
    } finally {
      await compiled;
      await rm(output, { force: true });
    }
  }

  /** Ends threads and processes. */
  async end(): Promise<void> {
    await Promise.all([this.#threads.end(), this.#compilers.end()]);
  }
}
