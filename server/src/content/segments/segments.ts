import pLimit from 'p-limit';
import type { Cache } from '../../system/cache/cache.js';
import { handled } from '../../system/handled.js';
import { CompiledModules } from './compile/compiled-modules.js';
import type { SegmentBuilder } from './segment-builder.js';
import { readSegment, type Segment } from './segment-index.js';
import type { LazySegment } from './types.js';

/** How many segments are read from the cache at a time. */
const PARALLEL_READS = 8;
/** How many segments are built at a time: while one waits for files, others keep the threads busy. More would only take memory. */
const PARALLEL_SEGMENTS = 4;

/** What {@link Segments} needs. */
export interface SegmentsOptions {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Called with uncompressed bytes that are done, and all; `detail` names the distribution that was finished last. */
  readonly onProgress?: ((progress: { doneBytes: number; totalBytes: number; detail: string }) => void) | undefined;
}

/** The segments of an artifact in the form of its format. They come in order, each as soon as it can be read. */
export interface SegmentSource extends AsyncIterable<Segment> {
  /** Resolves when all segments are in the cache; rejects with the error of the first one that failed. */
  readonly ready: Promise<{ reusedSegments: number; builtSegments: number }>;
  /** Removes a damaged segment from the cache. It is built again for the next iteration. */
  drop(index: number): Promise<void>;
}

/** The segments of one artifact. Each is found in the cache or built now; the first ones are built first. */
export class Segments implements SegmentSource {
  readonly ready: SegmentSource['ready'];
  readonly #id: string;
  readonly #planned: readonly LazySegment[];
  readonly #options: SegmentsOptions;
  readonly #limit = pLimit(PARALLEL_SEGMENTS);
  readonly #reads = pLimit(PARALLEL_READS);
  /** Damaged segments are built again one after the other, because each build has its own threads. */
  readonly #repairs = pLimit(1);
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #totalBytes: number;
  readonly #segments: Promise<Promise<Segment>[]>;
  #doneBytes = 0;
  #built = 0;
  #detail = '';

  /** @param id - names the artifact. Builds with one id share a lock, so they do not compress the same segment twice */
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
    // The reader of the segments gets the error too, so nobody has to await `ready`.
    this.ready = handled(
      ended.then(() => ({ reusedSegments: planned.length - this.#built, builtSegments: this.#built }))
    );
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Segment> {
    const { length } = await this.#segments;
    // Each promise is looked up late, because a damaged segment may have been replaced.
    for (let index = 0; index < length; index += 1) {
      const segment = await (await this.#segments)[index];
      if (segment !== undefined) yield segment;
    }
  }

  /** The segment with that index, as soon as it can be read; undefined behind the last one. */
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
   * Reads the segments that are in the cache, and builds the others. Cached segments can be used before the others are built.
   * One lock covers all builds, so that two processes do not compress the same segment.
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

  /** Runs work, and stops it when the lock is lost. @throws the reason for which it stopped */
  async #untilLost(held: AbortSignal, work: () => Promise<void>): Promise<void> {
    const lost = (): void => this.#failed.abort(held.reason);
    held.addEventListener('abort', lost);
    try {
      await work();
    } finally {
      // Without this, the signal would keep the listener, and with it the whole plan, in memory.
      held.removeEventListener('abort', lost);
    }
    this.#options.signal.throwIfAborted();
    this.#failed.signal.throwIfAborted();
  }

  async #withBuilder<T>(planned: readonly LazySegment[], work: (builder: SegmentBuilder) => Promise<T>): Promise<T> {
    const bytes = planned.reduce((sum, segment) => sum + segment.bytes, 0);
    // Loaded on demand: the ship of an unchanged environment builds nothing.
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

  /** Reads a segment of the cache; undefined without a path. */
  #read(planned: LazySegment, index: number, path: string | undefined): Promise<Segment> | undefined {
    if (path === undefined) return undefined;
    const read = async (): Promise<Segment> => {
      const segment = await readSegment(path);
      if (segment !== undefined) this.#progress(planned.bytes, planned);
      return segment ?? this.#replace(planned, index);
    };
    return handled(this.#reads(() => this.#orStop(read)));
  }

  /** Removes a damaged segment and builds it again. */
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

  /** Runs work on one segment. When it fails, the work on all segments stops. */
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
