import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pLimit from 'p-limit';
import { readSegment, type Segment } from '../../content/segments/segment-index.js';
import type { SegmentSource, Segments } from '../../content/segments/segments.js';
import type { LazySegment } from '../../content/segments/types.js';
import type { BuildOptions } from '../format.js';
import { omittedOf } from './omitted.js';
import { SpoiltSegment, transcode, type Transcoding } from './transcode.js';

/** Changes with everything that gives other bytes for the same segment. */
const FORMAT = 'ship-env archive segment 1';

/** One reads while another is compressed. */
const PARALLEL_SEGMENTS = 3;

/** What the segments of an archive are made of. */
export interface ArchivedFrom {
  /** As a PEX has them. */
  readonly zipped: Segments;
  readonly planned: readonly LazySegment[];
  readonly sitePackages: string;
  /** Places of what every archive has. */
  readonly taken: readonly string[];
}

/** The segments under way, and how each is made. */
interface Begun {
  readonly hows: readonly Transcoding[];
  readonly segments: Promise<Segment>[];
}

/**
 * The segments of an archive: each is found in the cache, or made of the distribution's segment of zip entries. They begin
 * when all zip entries are there: only then it is known which of two files of one name the archive has.
 */
export class ArchivedSegments implements SegmentSource {
  readonly ready: SegmentSource['ready'];
  readonly #from: ArchivedFrom;
  readonly #options: Pick<BuildOptions, 'cache' | 'signal'>;
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #limit = pLimit(PARALLEL_SEGMENTS);
  readonly #begun: Promise<Begun>;
  #built = 0;

  constructor(from: ArchivedFrom, options: Pick<BuildOptions, 'cache' | 'signal'>) {
    this.#from = from;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#failed.signal]);
    this.#begun = handled(this.#begin());
    this.ready = handled(this.#finish());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Segment> {
    const { segments } = await this.#begun;
    // Each is looked up when it is its turn: a damaged one may have been replaced.
    for (let index = 0; index < segments.length; index += 1) {
      const segment = await segments[index];
      if (segment !== undefined) yield segment;
    }
  }

  async drop(index: number): Promise<void> {
    const { hows, segments } = await this.#begun;
    const how = hows[index];
    if (how === undefined) return;
    await this.#options.cache.drop('archived', this.#keyOf(index, how));
    segments[index] = handled(this.#ensure(index, how));
  }

  async #begin(): Promise<Begun> {
    const { zipped, planned, sitePackages, taken } = this.#from;
    const named: { planned: LazySegment; segment: Segment }[] = [];
    for await (const segment of zipped) {
      const of = planned[named.length];
      if (of === undefined) throw new RangeError('There are more segments than the plan has.');
      named.push({ planned: of, segment });
    }
    const omitted = omittedOf(named, { sitePackages, taken });
    const hows = planned.map(({ wheel }, index): Transcoding => ({
      ...{ wheel, sitePackages, signal: this.#signal },
      omitted: omitted[index] ?? new Set()
    }));
    return { hows, segments: hows.map((how, index) => handled(this.#limit(() => this.#ensure(index, how)))) };
  }

  async #finish(): Promise<Awaited<SegmentSource['ready']>> {
    await this.#from.zipped.ready;
    const { segments } = await this.#begun;
    await Promise.allSettled(segments);
    await Promise.all(segments);
    return { reusedSegments: segments.length - this.#built, builtSegments: this.#built };
  }

  /** When the work on one segment fails, that on the others stops. */
  async #ensure(index: number, how: Transcoding): Promise<Segment> {
    try {
      this.#signal.throwIfAborted();
      const { cache } = this.#options;
      const name = this.#keyOf(index, how);
      const write = (path: string): Promise<void> => this.#write(index, path, how);
      for (;;) {
        const { path, reused } = await cache.entry('archived', name, write, this.#signal);
        const segment = await readSegment(path);
        if (segment === undefined && !reused) throw new Error(`${path} was damaged as soon as it was written.`);
        if (!reused) this.#built += 1;
        if (segment !== undefined) return segment;
        await cache.drop('archived', name);
      }
    } catch (error) {
      this.#failed.abort(error);
      throw error;
    }
  }

  async #write(index: number, path: string, how: Transcoding): Promise<void> {
    try {
      await transcode(await this.#zipped(index), path, how);
    } catch (error) {
      if (!(error instanceof SpoiltSegment)) throw error;
      // Compressed anew from the environment.
      await this.#from.zipped.drop(index);
      await rm(path, { force: true });
      await transcode(await this.#zipped(index), path, how);
    }
  }

  async #zipped(index: number): Promise<Segment> {
    const segment = await this.#from.zipped.at(index);
    if (segment === undefined) throw new RangeError('There are fewer segments than the plan has.');
    return segment;
  }

  #keyOf(index: number, { sitePackages, omitted }: Transcoding): string {
    const fields = [FORMAT, this.#from.planned[index]?.key ?? '', sitePackages, ...[...omitted].sort()];
    return createHash('sha256')
      .update(fields.map(field => `${field}\0`).join(''))
      .digest('hex');
  }
}

/** A promise whose failure is taken up later, when it is its turn. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
