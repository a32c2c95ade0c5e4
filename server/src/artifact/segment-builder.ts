import { rm } from 'node:fs/promises';
import { Compilers } from './pex/compile.js';
import { writeSegment } from './segment.js';
import { Threads } from './threads/threads.js';
import type { PlannedSegment } from './types.js';

/** So much is compressed in the time that threads take to start. */
const WITHOUT_THREADS_BYTES = 2 * 1024 * 1024;

/** Builds segments with threads that compress and processes that compile; each begins when it is first needed. */
export class SegmentBuilder {
  readonly #threads: Threads;
  readonly #compilers: Compilers;
  readonly #signal: AbortSignal;

  /** @param bytes - uncompressed, of all that will be built */
  constructor(bytes: number, signal: AbortSignal) {
    this.#threads = new Threads(bytes > WITHOUT_THREADS_BYTES ? undefined : 0);
    this.#compilers = new Compilers(signal);
    this.#signal = signal;
  }

  /**
   * Writes a segment to a path where nothing is. When it fails, what else is being built stops as well.
   *
   * @param onBytes - called with the uncompressed bytes done since the last call
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE, PYTHON_NOT_FOUND; the signal's reason
   */
  async build(path: string, segment: PlannedSegment, onBytes: (bytes: number) => void): Promise<void> {
    const output = `${path}.pyc`;
    const compiling = this.#compilers.compile(segment, output);
    // It is awaited by the writer; until then a failure must not count as unhandled.
    const compiled = compiling.catch(() => undefined);
    try {
      await writeSegment(path, segment, compiling, { threads: this.#threads, signal: this.#signal, onBytes });
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
