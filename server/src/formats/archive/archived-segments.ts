import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pLimit from 'p-limit';
import { readSegment, type Segment } from '../../content/segments/segment-index.js';
import type { SegmentSource, Segments } from '../../content/segments/segments.js';
import type { LazySegment } from '../../content/segments/types.js';
import { handled } from '../../system/handled.js';
import type { BuildOptions } from '../format.js';
import { omittedOf } from './omitted.js';
import { SpoiltSegment, transcode, type Transcoding } from './transcode.js';

/** Change it whenever the same segment would give other bytes. */
const FORMAT = 'ship-env archive segment 1';

/** Segments at a time: one is read while another one is compressed. */
const PARALLEL_SEGMENTS = 3;

/** What the segments of an archive are made of. */
export interface ArchivedFrom {
  /** The segments of zip entries, as in a PEX. */
  readonly zippedWith: (signal: AbortSignal) => Segments;
  readonly planned: readonly LazySegment[];
  readonly sitePackages: string;
  /** Places of the files that every archive has. */
  readonly taken: readonly string[];
}

/** What the work on the segments needs. */
export interface ArchivedOptions extends Pick<BuildOptions, 'cache' | 'signal'> {
  /** Uncompressed bytes that were done since the last call. */
  readonly onBytes: (bytes: number, planned: LazySegment) => void;
}

/**
 * The segments of an archive. Each segment is found in the cache, or made of the distribution's segment of zip entries.
 * It is made as soon as it is known which of its files the archive has. The segments before it decide that: when two
 * files have one name, the first one wins.
 */
export class ArchivedSegments implements SegmentSource {
  readonly ready: SegmentSource['ready'];
  readonly #from: ArchivedFrom;
  readonly #zipped: Segments;
  readonly #options: ArchivedOptions;
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #limit = pLimit(PARALLEL_SEGMENTS);
  readonly #hows: readonly Promise<Transcoding>[];
  readonly #segments: Promise<Segment>[];
  #built = 0;

  constructor(from: ArchivedFrom, options: ArchivedOptions) {
    this.#from = from;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#failed.signal]);
    // When the work on an archived segment fails, nothing more is compressed.
    this.#zipped = from.zippedWith(this.#signal);
    const directoryOf = async (index: number): Promise<Buffer> => (await this.#zippedAt(index)).directory;
    this.#hows = omittedOf(from.planned, directoryOf, from).map((omitted, index) =>
      handled(this.#howOf(index, handled(omitted)))
    );
    this.#segments = this.#hows.map((how, index) =>
      handled(how.then(known => this.#limit(() => this.#ensure(index, known))))
    );
    this.ready = handled(this.#finish());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Segment> {
    // A damaged segment may have been replaced meanwhile, so each segment is looked up in its turn.
    for (let index = 0; index < this.#segments.length; index += 1) {
      const segment = await this.#segments[index];
      if (segment !== undefined) yield segment;
    }
  }

  async drop(index: number): Promise<void> {
    const how = await this.#hows[index];
    if (how === undefined) return;
    await this.#options.cache.drop('archived', this.#keyOf(index, how));
    this.#segments[index] = handled(this.#ensure(index, how));
  }

  async #howOf(index: number, omitted: Promise<ReadonlySet<string>>): Promise<Transcoding> {
    const { sitePackages } = this.#from;
    const planned = this.#plannedAt(index);
    const onBytes = (bytes: number): void => this.#options.onBytes(bytes, planned);
    return { wheel: planned.wheel, sitePackages, omitted: await omitted, signal: this.#signal, onBytes };
  }

  /** Settles when no work on a segment is in progress any more. */
  async #finish(): Promise<Awaited<SegmentSource['ready']>> {
    try {
      await this.#zipped.ready;
    } catch (error) {
      this.#failed.abort(error);
      throw error;
    } finally {
      await Promise.allSettled(this.#segments);
    }
    await Promise.all(this.#segments);
    return { reusedSegments: this.#segments.length - this.#built, builtSegments: this.#built };
  }

  /** When the work on one segment fails, the work on the other segments stops. */
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
        if (reused) this.#options.onBytes(this.#plannedAt(index).bytes, this.#plannedAt(index));
        else this.#built += 1;
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
      await transcode(await this.#zippedAt(index), path, how);
    } catch (error) {
      if (!(error instanceof SpoiltSegment)) throw error;
      // The zip entries are damaged: they are compressed again from the environment.
      await this.#zipped.drop(index);
      await rm(path, { force: true });
      await transcode(await this.#zippedAt(index), path, how);
    }
  }

  async #zippedAt(index: number): Promise<Segment> {
    const segment = await this.#zipped.at(index);
    if (segment === undefined) throw new RangeError('There are fewer segments than the plan has.');
    return segment;
  }

  #plannedAt(index: number): LazySegment {
    const planned = this.#from.planned[index];
    if (planned === undefined) throw new RangeError(`The plan has no segment ${index}.`);
    return planned;
  }

  #keyOf(index: number, { sitePackages, omitted }: Transcoding): string {
    const fields = [FORMAT, this.#plannedAt(index).key, sitePackages, ...[...omitted].sort()];
    return createHash('sha256')
      .update(fields.map(field => `${field}\0`).join(''))
      .digest('hex');
  }
}
