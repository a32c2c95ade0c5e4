import pLimit from 'p-limit';
import type { Cache } from '../../system/cache/cache.js';
import { CompiledModules } from './compile/compiled-modules.js';
import type { SegmentBuilder } from './segment-builder.js';
import { readSegment, type Segment } from './segment-index.js';
import type { LazySegment } from './types.js';

/** Read from the cache at a time. */
const PARALLEL_READS = 8;
/** One may wait for its files while others keep the threads busy; more would only hold memory. */
const PARALLEL_SEGMENTS = 4;

/** What the segments of an artifact are built with. */
export interface SegmentsOptions {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Uncompressed bytes done and in all; `detail` names the distribution that was finished last. */
  readonly onProgress?: ((progress: { doneBytes: number; totalBytes: number; detail: string }) => void) | undefined;
}

/** The segments of an artifact in the form of its format, the first ones first, each as soon as it can be read. */
export interface SegmentSource extends AsyncIterable<Segment> {
  /** Settles when all are in the cache; rejects with what stopped the first that failed. */
  readonly ready: Promise<{ reusedSegments: number; builtSegments: number }>;
  /** Takes a damaged segment out of the cache; the next pass over the segments finds it made anew. */
  drop(index: number): Promise<void>;
}

/** The segments of one artifact, each found in the cache or compressed now, the first ones first. */
export class Segments implements SegmentSource {
  readonly ready: SegmentSource['ready'];
  readonly #id: string;
  readonly #planned: readonly LazySegment[];
  readonly #options: SegmentsOptions;
  readonly #limit = pLimit(PARALLEL_SEGMENTS);
  readonly #reads = pLimit(PARALLEL_READS);
  /** One damaged segment after the other is compressed anew: each has threads of its own. */
  readonly #repairs = pLimit(1);
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #totalBytes: number;
  readonly #segments: Promise<Promise<Segment>[]>;
  #doneBytes = 0;
  #built = 0;
  #detail = '';

  /** @param id - names what the segments are for: builds of one id do not compress the same twice */
  constructor(id: string, planned: readonly LazySegment[], options: SegmentsOptions) {
    this.#id = id;
    this.#planned = planned;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#failed.signal]);
    this.#totalBytes = planned.reduce((sum, { bytes }) => sum + bytes, 0);
    let ended = Promise.resolve();
    this.#segments = handled(
      new Promise((resolve, reject) => {
        ended = this.#findOrBuild(resolve);
        ended.catch(reject);
      })
    );
    // Whoever reads the segments is told what fails; nobody need wait for the whole.
    this.ready = handled(
      ended.then(() => ({ reusedSegments: planned.length - this.#built, builtSegments: this.#built }))
    );
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Segment> {
    const { length } = await this.#segments;
    // Each is looked up when it is its turn: a damaged one may have been replaced.
    for (let index = 0; index < length; index += 1) {
      const segment = await (await this.#segments)[index];
      if (segment !== undefined) yield segment;
    }
  }

  /** A segment by its place in the order, as soon as it can be read; undefined behind the last one. */
  async at(index: number): Promise<Segment | undefined> {
    return (await this.#segments)[index];
  }

  async drop(index: number): Promise<void> {
    const planned = this.#planned[index];
    if (planned === undefined) return;
    const segments = await this.#segments;
    segments[index] = handled(this.#replace(planned, index));
  }

  /**
   * What is there is handed out as soon as it is read, whatever else must be built. One lock for all that is missing, so
   * that two processes do not compress the same.
   */
  async #findOrBuild(onBegun: (segments: Promise<Segment>[]) => void): Promise<void> {
    const { cache, signal } = this.#options;
    const all = this.#planned;
    signal.throwIfAborted();
    const paths = await Promise.all(all.map(({ key }) => cache.find('segments', key)));
    const there = all.map((planned, index) => this.#read(planned, index, paths[index]));
    const found = there.flatMap(segment => segment ?? []);
    const missing = all.filter((_, index) => there[index] === undefined);
    if (missing.length === 0) {
      onBegun(found);
    } else {
      await this.#withBuilder(missing, async builder => {
        const build = async (): Promise<void> => {
          const segments = all.map(
            (planned, index) => there[index] ?? handled(this.#limit(() => this.#ensure(planned, index, builder)))
          );
          onBegun(segments);
          await Promise.allSettled(segments);
        };
        await cache.exclusively(this.#id, signal, held => this.#untilLost(held, build));
      });
    }
    await Promise.all(found);
  }

  /** Runs work that stops when the lock is lost. @throws why it stopped */
  async #untilLost(held: AbortSignal, work: () => Promise<void>): Promise<void> {
    const lost = (): void => this.#failed.abort(held.reason);
    held.addEventListener('abort', lost);
    try {
      await work();
    } finally {
      // Who listens to a signal that follows others is kept in memory with all that it knows: here, with the whole plan.
      held.removeEventListener('abort', lost);
    }
    this.#options.signal.throwIfAborted();
    this.#failed.signal.throwIfAborted();
  }

  async #withBuilder<T>(planned: readonly LazySegment[], work: (builder: SegmentBuilder) => Promise<T>): Promise<T> {
    const bytes = planned.reduce((sum, segment) => sum + segment.bytes, 0);
    // A ship of an environment that did not change needs none of it.
    const { SegmentBuilder: Builder } = await import('./segment-builder.js');
    return CompiledModules.during(this.#options.cache, this.#signal, async compiled => {
      const builder = new Builder(compiled, bytes, this.#signal);
      try {
        return await work(builder);
      } finally {
        await builder.end();
      }
    });
  }

  /** A segment in the cache, from its path; undefined when there is none. */
  #read(planned: LazySegment, index: number, path: string | undefined): Promise<Segment> | undefined {
    if (path === undefined) return undefined;
    const read = async (): Promise<Segment> => {
      const segment = await readSegment(path);
      if (segment !== undefined) this.#progress(planned.bytes, planned);
      return segment ?? this.#replace(planned, index);
    };
    return handled(this.#reads(() => this.#orStop(read)));
  }

  /** A damaged one is as good as none. */
  async #replace(planned: LazySegment, index: number): Promise<Segment> {
    return this.#repairs(async () => {
      await this.#options.cache.drop('segments', planned.key);
      return this.#withBuilder([planned], builder => this.#ensure(planned, index, builder));
    });
  }

  #ensure(planned: LazySegment, turn: number, builder: SegmentBuilder): Promise<Segment> {
    return this.#orStop(async () => {
      this.#signal.throwIfAborted();
      const write = async (temporary: string): Promise<void> =>
        builder.build(temporary, await planned.whole(), { turn, onBytes: bytes => this.#progress(bytes) });
      const { path, reused } = await this.#options.cache.entry('segments', planned.key, write, this.#signal);
      if (!reused) this.#built += 1;
      this.#progress(reused ? planned.bytes : 0, planned);
      const segment = await readSegment(path);
      if (segment === undefined) throw new Error(`The segment ${path} was damaged as soon as it was written.`);
      return segment;
    });
  }

  /** When the work on one segment fails, that on the others stops. */
  async #orStop(work: () => Promise<Segment>): Promise<Segment> {
    try {
      return await work();
    } catch (error) {
      this.#failed.abort(error);
      throw error;
    }
  }

  #progress(bytes: number, done?: LazySegment): void {
    this.#doneBytes += bytes;
    if (done !== undefined) this.#detail = `${done.name} ${done.version}`;
    this.#options.onProgress?.({
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      detail: this.#detail
    });
  }
}

/** A promise whose failure is taken up later, when it is its turn. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
