import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { CompiledModules } from './compile/compiled-modules.js';
import { writeSegment, type SegmentTools } from './segment.js';
import { Threads } from './threads/threads.js';
import type { PlannedSegment } from './types.js';

/** Bytes that are compressed in the time in which threads start. */
const WITHOUT_THREADS_BYTES = 2 * 1024 * 1024;
/** The same on a machine with few cores, where the start of a thread takes a core from the work. */
const WITHOUT_THREADS_ON_FEW_CORES_BYTES = 16 * 1024 * 1024;
const FEW_CORES = 2;

/** Builds segments with threads that compress. The threads start when they are first needed. */
export class SegmentBuilder {
  readonly #threads: Threads;
  readonly #compiled: CompiledModules;
  readonly #signal: AbortSignal;

  /**
   * @param compiled - the compiled modules
   * @param bytes - uncompressed bytes of all segments that will be built
   */
  constructor(compiled: CompiledModules, bytes: number, signal: AbortSignal) {
    const enough = availableParallelism() > FEW_CORES ? WITHOUT_THREADS_BYTES : WITHOUT_THREADS_ON_FEW_CORES_BYTES;
    this.#threads = new Threads(bytes > enough ? undefined : 0);
    this.#compiled = compiled;
    this.#signal = signal;
  }

  /**
   * Writes a segment to a path, where no file may exist.
   *
   * @param options - `turn`: the segment with the lowest turn is compressed first; `onBytes`: called with the uncompressed
   *   bytes that were done since the last call
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE, PYTHON_NOT_FOUND, PYTHON_FAILED; the signal's reason
   */
  async build(
    path: string,
    segment: PlannedSegment,
    { turn, onBytes }: Pick<SegmentTools, 'turn' | 'onBytes'>
  ): Promise<void> {
    const { modules } = segment;
    const tools = { threads: this.#threads, signal: this.#signal, turn, onBytes };
    if (modules === undefined) return writeSegment(path, segment, undefined, tools);
    const { sha256, bytes: size } = modules.compiled;
    const source = `${path}.pyc`;
    try {
      await this.#compiled.place(modules, source);
      await writeSegment(path, segment, { kind: 'file', name: '', source, size, sha256, executable: false }, tools);
    } finally {
      await rm(source, { force: true });
    }
    await this.#compiled.drop(modules.compiled);
  }

  /** Ends the threads. */
  async end(): Promise<void> {
    await this.#threads.end();
  }
}
