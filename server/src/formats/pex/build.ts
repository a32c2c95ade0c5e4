import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Cache } from '../../cache/cache.js';
import { manifest, type Manifest, type ManifestSegment } from '../../contract/manifest.js';
import { FILE_KINDS, readBounded } from '../../files/read.js';
import { parseJson } from '../../text/json.js';
import type { Payload, Span, SpannedPayload } from '../../targets/target.js';
import { SpanReader } from '../../payloads/span-reader.js';
import { manifestBytes, manifestName, manifestOf } from '../manifest.js';
import { bufferPayload } from '../../payloads/buffer.js';
import { withRepair, type Segment } from '../../content/segments/segment-index.js';
import { Segments } from '../../content/segments/segments.js';
import { HEAD_KEY, memorySpan, segmentSpan } from '../../content/segments/span.js';
import type { ArtifactBuild, ArtifactPlan, BuildOptions, BuiltArtifact } from '../types.js';
import { headOf, type Head } from './head.js';
import { tailEntries, tailOf, type PlacedSegment } from './tail.js';

/** What an entry takes beside its content, in headers and names, at most; and what an artifact has beside its entries. */
const ENTRY_BYTES = 2 * 1024;
const OTHER_BYTES = 64 * 1024 * 1024;

/** A range is read in pieces of this size. */
const PIECE_BYTES = 1024 * 1024;

/** What a front-to-back read of an artifact gives. */
type Facts = Pick<Payload, 'bytes' | 'sha256'>;

/** What the manifest says of an artifact's parts. */
type Layout = Pick<Manifest, 'head' | 'segments' | 'entries'>;

/** A PEX under way; see `startBuild`. */
export class PexBuild implements ArtifactBuild {
  readonly id: string;
  readonly name: string;
  readonly maximalBytes: number;
  readonly digests: ArtifactBuild['digests'];
  readonly segments: ArtifactBuild['segments'];
  knownBytes: number | undefined;
  readonly #plan: ArtifactPlan;
  readonly #cache: Cache;
  readonly #signal: AbortSignal;
  readonly #head: Head;
  readonly #segments: Segments;

  constructor(plan: ArtifactPlan, options: BuildOptions) {
    this.id = plan.id;
    this.name = plan.name;
    this.digests = options.digests;
    this.#plan = plan;
    this.#cache = options.cache;
    this.#signal = options.signal;
    this.#head = headOf(plan);
    this.#segments = new Segments(plan, options);
    this.segments = this.#segments.ready;
    // A segment may carry what was compiled of its files, too.
    this.maximalBytes = plan.segments.reduce(
      (sum, { bytes, entryCount }) => sum + 2 * bytes + entryCount * ENTRY_BYTES,
      OTHER_BYTES
    );
  }

  async *spans(): AsyncGenerator<Span> {
    yield memorySpan(this.#head.bytes, HEAD_KEY);
    const placed: PlacedSegment[] = [];
    for await (const { segment, ...place } of this.#placed()) {
      placed.push(place);
      if (placed.length === this.#plan.segments.length) this.knownBytes = endOf(placed, this.#head);
      yield segmentSpan(segment, place.planned.key, () => this.#segments.drop(placed.indexOf(place)));
    }
    for (const bytes of tailOf(this.#plan, this.#head, placed, endOf(placed, this.#head))) yield memorySpan(bytes);
  }

  async complete(facts?: Facts): Promise<BuiltArtifact> {
    const counts = await this.segments;
    const layout = await this.#layout();
    const known = facts === undefined ? await this.#remembered(layout) : undefined;
    const value =
      known ??
      manifestOf(this.#plan, {
        artifact: { name: this.name, ...(facts ?? (await withRepair(() => factsOf(this, this.#signal)))) },
        ...layout
      });
    if (known === undefined) await this.#remember(value);
    return {
      id: this.id,
      payload: this.#payload(value.artifact),
      manifest: value,
      manifestPayload: bufferPayload(manifestName(this.id), manifestBytes(value)),
      ...counts
    };
  }

  /** The segments, each at its place as soon as it can be read. */
  async *#placed(): AsyncGenerator<PlacedSegment & { segment: Segment }> {
    let offset = this.#head.bytes.length;
    let index = 0;
    for await (const segment of this.#segments) {
      const planned = this.#plan.segments[index];
      if (planned === undefined) throw new RangeError('There are more segments than the plan has.');
      const { bytes: length, directory, entryCount } = segment;
      yield { planned, segment, offset, length, directory, entryCount };
      offset += segment.bytes;
      index += 1;
    }
  }

  async #layout(): Promise<Layout> {
    const { bytes, sha256 } = this.#head;
    const rows: ManifestSegment[] = [];
    let entries = this.#head.entries.length + tailEntries(this.#plan.seed);
    for await (const { planned, segment, offset, length } of this.#placed()) {
      const { wheel, name, version, key } = planned;
      rows.push({ wheel, name, version, key, offset, length, sha256: segment.sha256 });
      entries += segment.entryCount;
    }
    return { head: { length: bytes.length, sha256 }, segments: rows, entries };
  }

  #payload(facts: Facts): BuiltArtifact['payload'] {
    const { name, maximalBytes, digests } = this;
    const { bytes, sha256 } = facts;
    return {
      ...{ name, bytes, sha256, maximalBytes, digests, promised: facts },
      spans: () => this.spans(),
      open: (range = { start: 0, end: bytes }) => Readable.from(rangeOf(this, range), { objectMode: false })
    };
  }

  /** The manifest of an earlier build, if that had the same segments: then nothing need be read. */
  async #remembered(layout: Layout): Promise<Manifest | undefined> {
    const path = await this.#cache.find('manifests', manifestName(this.id));
    if (path === undefined) return undefined;
    const known = manifest.safeParse(parseJson((await readBounded(path, FILE_KINDS.cacheNote)).toString('utf8'))).data;
    if (known?.id !== this.id) return undefined;
    const { head, segments, entries } = known;
    // Where it is imported Node.js loads all that it exports, which most ships need nothing of.
    const { isDeepStrictEqual } = await import('node:util');
    return isDeepStrictEqual({ head, segments, entries }, layout) ? known : undefined;
  }

  async #remember(value: Manifest): Promise<void> {
    const name = manifestName(this.id);
    await this.#cache.drop('manifests', name);
    await this.#cache.entry('manifests', name, path => writeFile(path, manifestBytes(value)));
  }
}

function endOf(placed: readonly PlacedSegment[], head: Head): number {
  const last = placed.at(-1);
  return last === undefined ? head.bytes.length : last.offset + last.length;
}

/** Size and digest of an artifact, by reading it. */
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

/** The bytes from `start` to `end`, piece for piece. */
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
