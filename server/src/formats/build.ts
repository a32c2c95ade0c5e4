import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Cache } from '../system/cache/cache.js';
import type { Content } from '../content/content.js';
import { withRepair, type Segment } from '../content/segments/segment-index.js';
import { Segments, type SegmentSource } from '../content/segments/segments.js';
import { HEAD_KEY, memorySpan, segmentSpan } from '../content/segments/span.js';
import type { LazySegment } from '../content/segments/types.js';
import { manifest, type Manifest, type ManifestSegment } from '../contract/manifest.js';
import { FILE_KINDS, readBounded } from '../system/files/read.js';
import { bufferPayload } from '../payloads/buffer.js';
import type { Payload, Span, SpannedPayload } from '../payloads/payload.js';
import { SpanReader } from '../payloads/span-reader.js';
import { parseJson } from '../text/json.js';
import type { ArtifactBuild, BuildOptions, BuiltArtifact } from './format.js';
import { manifestBytes, manifestName } from './manifest.js';

/** The most bytes that an entry takes besides its content, and that an artifact takes besides its entries. */
const ENTRY_BYTES = 2 * 1024;
const OTHER_BYTES = 64 * 1024 * 1024;

/** Size of the pieces in which a range is read. */
const PIECE_BYTES = 1024 * 1024;

/** Size and digest of an artifact, which a read from front to back gives. */
type Facts = Pick<Payload, 'bytes' | 'sha256'>;

/** The byte ranges of an artifact in its manifest. */
type Layout = Pick<Manifest, 'head' | 'segments'>;

/** A segment and its position in the artifact. */
export interface PlacedSegment {
  readonly planned: LazySegment;
  /** Offset of the first byte in the artifact. */
  readonly offset: number;
  readonly length: number;
  /** Like `Segment.directory`: offsets count from the first byte of the segment. */
  readonly directory: Buffer;
  readonly entryCount: number;
}

/** What a format says about an artifact that is a head, the segments and a tail. */
export interface ArtifactParts {
  readonly id: string;
  readonly name: string;
  readonly isExecutable: boolean;
  readonly content: Content;
  readonly head: { readonly bytes: Buffer; readonly sha256: string };
  /**
   * Converts the segments to the form of this format. Without it, the artifact contains them as they are. The signal stops their
   * compression.
   */
  segmentsFrom?(zippedWith: (signal: AbortSignal) => Segments, options: BuildOptions): SegmentSource;
  /** The last bytes, in some pieces. @param offset - position of the first of them, which is the end of the last segment */
  tail(segments: readonly PlacedSegment[], offset: number): Buffer[];
  /** The manifest: the fields of all formats, and the fields of this format. */
  manifest(
    facts: Pick<Manifest, 'artifact' | 'head' | 'segments'>,
    segments: readonly Pick<PlacedSegment, 'entryCount'>[]
  ): Manifest;
}

/** An artifact that is being built and consists of a head, the segments and a tail; see `ArtifactPlan.build`. */
export class ArtifactFromSegments implements ArtifactBuild {
  readonly id: string;
  readonly name: string;
  readonly isExecutable: boolean;
  readonly maximalBytes: number;
  readonly digests: ArtifactBuild['digests'];
  readonly segments: ArtifactBuild['segments'];
  knownBytes: number | undefined;
  readonly #parts: ArtifactParts;
  readonly #cache: Cache;
  readonly #signal: AbortSignal;
  readonly #segments: SegmentSource;

  constructor(parts: ArtifactParts, options: BuildOptions) {
    this.id = parts.id;
    this.name = parts.name;
    this.isExecutable = parts.isExecutable;
    this.digests = options.digests;
    this.#parts = parts;
    this.#cache = options.cache;
    this.#signal = options.signal;
    const zippedWith = (signal: AbortSignal): Segments =>
      new Segments(parts.id, parts.content.segments, { ...options, signal });
    this.#segments = parts.segmentsFrom?.(zippedWith, options) ?? zippedWith(options.signal);
    this.segments = this.#segments.ready;
    // A segment may contain compiled modules, too, so its bytes count twice.
    this.maximalBytes = parts.content.segments.reduce(
      (sum, { bytes, entryCount }) => sum + 2 * bytes + entryCount * ENTRY_BYTES,
      OTHER_BYTES
    );
  }

  async *spans(): AsyncGenerator<Span> {
    const { head, content } = this.#parts;
    yield memorySpan(head.bytes, HEAD_KEY);
    const placed: PlacedSegment[] = [];
    for await (const { segment, ...place } of this.#placed()) {
      placed.push(place);
      if (placed.length === content.segments.length) this.knownBytes = this.#endOf(placed);
      yield segmentSpan(segment, place.planned.key, () => this.#segments.drop(placed.indexOf(place)));
    }
    for (const bytes of this.#parts.tail(placed, this.#endOf(placed))) yield memorySpan(bytes);
  }

  async complete(facts?: Facts): Promise<BuiltArtifact> {
    const counts = await this.segments;
    const placed: PlacedSegment[] = [];
    const rows: ManifestSegment[] = [];
    for await (const { segment, ...place } of this.#placed()) {
      const { wheel, name, version, key } = place.planned;
      rows.push({ wheel, name, version, key, offset: place.offset, length: place.length, sha256: segment.sha256 });
      placed.push(place);
    }
    const { bytes, sha256 } = this.#parts.head;
    const layout = { head: { length: bytes.length, sha256 }, segments: rows };
    const known = facts === undefined ? await this.#remembered(layout) : undefined;
    const value = known ?? (await this.#manifest(layout, placed, facts));
    if (known === undefined) await this.#remember(value);
    return {
      id: this.id,
      payload: this.#payload(value.artifact),
      manifest: value,
      manifestPayload: bufferPayload(manifestName(this.id), manifestBytes(value)),
      ...counts
    };
  }

  async #manifest(layout: Layout, placed: readonly PlacedSegment[], facts: Facts | undefined): Promise<Manifest> {
    const { bytes, sha256 } = facts ?? (await withRepair(() => factsOf(this, this.#signal)));
    return manifest.parse(this.#parts.manifest({ artifact: { name: this.name, bytes, sha256 }, ...layout }, placed));
  }

  /** The segments with their positions, each as soon as it can be read. */
  async *#placed(): AsyncGenerator<PlacedSegment & { segment: Segment }> {
    let offset = this.#parts.head.bytes.length;
    let index = 0;
    for await (const segment of this.#segments) {
      const planned = this.#parts.content.segments[index];
      if (planned === undefined) throw new RangeError('There are more segments than the plan has.');
      const { bytes: length, directory, entryCount } = segment;
      yield { planned, segment, offset, length, directory, entryCount };
      offset += segment.bytes;
      index += 1;
    }
  }

  #endOf(placed: readonly PlacedSegment[]): number {
    const last = placed.at(-1);
    return last === undefined ? this.#parts.head.bytes.length : last.offset + last.length;
  }

  #payload(facts: Facts): BuiltArtifact['payload'] {
    const { name, isExecutable, maximalBytes, digests } = this;
    const { bytes, sha256 } = facts;
    return {
      ...{ name, bytes, sha256, isExecutable, maximalBytes, digests, promised: facts },
      spans: () => this.spans(),
      open: (range = { start: 0, end: bytes }) => Readable.from(rangeOf(this, range), { objectMode: false })
    };
  }

  /** The manifest of an earlier build with the same segments, if there is one. With it, the artifact need not be read. */
  async #remembered(layout: Layout): Promise<Manifest | undefined> {
    const path = await this.#cache.find('manifests', manifestName(this.id));
    if (path === undefined) return undefined;
    const known = manifest.safeParse(parseJson((await readBounded(path, FILE_KINDS.cacheNote)).toString('utf8'))).data;
    if (known?.id !== this.id) return undefined;
    const { head, segments } = known;
    // Loaded on demand: a static import would load all of node:util, and most ships do not need it.
    const { isDeepStrictEqual } = await import('node:util');
    return isDeepStrictEqual({ head, segments }, layout) ? known : undefined;
  }

  async #remember(value: Manifest): Promise<void> {
    const name = manifestName(this.id);
    await this.#cache.drop('manifests', name);
    await this.#cache.entry('manifests', name, path => writeFile(path, manifestBytes(value)));
  }
}

/** Reads an artifact to get its size and digest. */
async function factsOf(payload: SpannedPayload, signal: AbortSignal): Promise<Facts> {
  const reader = new SpanReader();
  let bytes = 0;
  for await (const span of payload.spans()) {
    reader.add(span);
    bytes += span.bytes;
    for await (const _ of reader.pieces(bytes, signal));
  }
  return { bytes, sha256: reader.sha256() };
}

/** The bytes from `start` to `end`, piece by piece. */
async function* rangeOf(
  payload: SpannedPayload,
  { start, end }: { start: number; end: number }
): AsyncGenerator<Buffer> {
  let offset = 0;
  for await (const span of payload.spans()) {
    const last = Math.min(end - offset, span.bytes);
    for (let at = Math.max(0, start - offset); at < last; at += PIECE_BYTES) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, last - at));
      await span.read(piece, at);
      yield piece;
    }
    offset += span.bytes;
    if (offset >= end) return;
  }
}
