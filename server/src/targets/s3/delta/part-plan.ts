import { MIN_PART_BYTES, leading, slicesOf, without, type Slice } from './slices.js';
import type { Span } from '../../../payloads/payload.js';
import type { Holding } from '../../target.js';

const MIB = 1024 * 1024;

/** Amazon's limit for an upload in parts. */
const MAX_PARTS = 10_000;
/** Usual size of a part that is sent; such a part is held in memory. */
export const PART_BYTES = 8 * MIB;

/**
 * Size of each part that is sent, except the last. It depends only on the size of the object, so that a later
 * verification cuts the same parts.
 */
export function partBytesOf(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS / MIB) * MIB);
}

/**
 * One part of an upload: the bytes `start` (inclusive) to `end` (exclusive) of an artifact, sent or copied from an
 * object.
 */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly copy?: {
    readonly name: string;
    readonly offset: number;
    /** md5 of the bytes, when it is known without reading them. */
    readonly md5?: string | undefined;
  };
}

/** Consecutive bytes of the artifact that one source holds consecutively, too. */
interface Run {
  start: number;
  end: number;
  readonly source: Holding;
  offset: number;
  /** The slices of the run. A part begins and ends at a slice's edge, unless the part would be too short. */
  slices: Slice[];
}

/**
 * Cuts an artifact into parts while its spans come in; pure.
 *
 * Bytes that a source holds are copied. New bytes are sent; a run of new bytes that is too short for a part is filled
 * up with bytes after or before it, which are then not copied. So each run of new bytes costs at most {@link
 * MIN_PART_BYTES} extra, and a run at the end costs nothing extra. A copy is decided as soon as no later span can
 * change it, so that copies run while later spans are still being built.
 */
export class PartPlanner {
  readonly #sources: readonly Holding[];
  readonly #partBytes: number;
  /** Size of a part that is copied, except the last of a run. */
  readonly #copyBytes: number;
  #position = 0;
  /** A run that will be copied. It may still give its last bytes to the new bytes after it. */
  #front: Run | undefined;
  /** New bytes, which will be sent; they follow the front. */
  #literal = { start: 0, end: 0 };
  /** A run that follows the literal and may still grow. */
  #open: Run | undefined;

  /**
   * @param sources - best first
   * @param maximalBytes - the largest possible size of the artifact
   */
  constructor(sources: readonly Holding[], maximalBytes: number) {
    this.#sources = sources;
    this.#partBytes = partBytesOf(maximalBytes);
    this.#copyBytes = Math.max(MIN_PART_BYTES, Math.ceil(maximalBytes / MAX_PARTS));
  }

  /**
   * Takes the next span.
   *
   * @param slices - how the span is cut where it is copied, with the digests that are known
   * @returns the parts that are decided now, in their order
   */
  add({ bytes, content }: Pick<Span, 'bytes' | 'content'>, slices?: readonly Slice[]): Part[] {
    if (bytes === 0) return [];
    const start = this.#position;
    this.#position += bytes;
    const places = content === undefined ? [] : this.#placesOf(content, bytes);
    const own = slices ?? slicesOf(bytes).map(length => ({ bytes: length }));
    const growing = this.#open ?? (this.#literalBytes === 0 ? this.#front : undefined);
    if (growing !== undefined && places.some(place => isNext(growing, place))) {
      growing.end = this.#position;
      growing.slices.push(...own);
      return this.#decide();
    }
    const parts = this.#close();
    const [best] = places;
    if (best === undefined) {
      this.#extendLiteral(start, this.#position);
      if (this.#literalBytes >= this.#partBytes + MIN_PART_BYTES) parts.push(...this.#takeFront(0));
      parts.push(...this.#cutLiteral(this.#partBytes + MIN_PART_BYTES));
      return parts;
    }
    this.#open = { start, end: this.#position, ...best, slices: [...own] };
    return [...parts, ...this.#decide()];
  }

  /** @returns the parts that are left when there is no further span */
  end(): Part[] {
    const parts = [...this.#close(), ...this.#takeFront(0), ...this.#cutLiteral(this.#partBytes + 1)];
    return this.#literalBytes === 0 ? parts : [...parts, { ...this.#literal }];
  }

  /** Parts that later spans cannot change any more, although their run may still grow. */
  #decide(): Part[] {
    const run = this.#open;
    const parts: Part[] = [];
    if (run !== undefined) {
      const missing = this.#missingBytes;
      if (run.end - run.start - missing < MIN_PART_BYTES) return [];
      this.#open = undefined;
      parts.push(...this.#settle(run, 0, missing));
    }
    // The front keeps two parts: one to give to the new bytes after it, and one that remains a part itself.
    return [...parts, ...this.#takeFront(2 * MIN_PART_BYTES)];
  }

  /** Decides about an open run that will not grow any more and is too short to fill up the new bytes before it. */
  #close(): Part[] {
    const run = this.#open;
    if (run === undefined) return [];
    this.#open = undefined;
    const missing = this.#missingBytes;
    const isPart = run.end - run.start >= MIN_PART_BYTES;
    if (isPart && this.#frontBytes - missing >= MIN_PART_BYTES) return this.#settle(run, missing, 0);
    // The run is too short to be copied, so it is sent.
    this.#extendLiteral(run.start, run.end);
    return [];
  }

  /** Turns the literal into parts, filled up with bytes before and after it. The run becomes the new front. */
  #settle(run: Run, before: number, behind: number): Part[] {
    if (this.#front !== undefined) {
      this.#front.end -= before;
      this.#front.slices = without(before, this.#front.slices.reverse()).reverse();
    }
    const literal = { start: this.#literal.start - before, end: this.#literal.end + behind };
    const parts = this.#takeFront(0);
    if (this.#literalBytes > 0) parts.push(...halves(literal, this.#partBytes));
    this.#front = {
      ...run,
      start: run.start + behind,
      offset: run.offset + behind,
      slices: without(behind, run.slices)
    };
    this.#literal = { start: run.end, end: run.end };
    return parts;
  }

  /**
   * Takes parts from the beginning of the front run, each of whole slices.
   *
   * @param keep - how many bytes of the run stay; 0: none
   */
  #takeFront(keep: number): Part[] {
    const front = this.#front;
    const parts: Part[] = [];
    while (front !== undefined && front.slices.length > 0) {
      const [count, bytes] = leading(front.slices, this.#copyBytes);
      const rest = front.end - front.start - bytes;
      if (rest < keep) return parts;
      // The remaining slices must be long enough for a part, too.
      const taken = front.slices.splice(0, rest < MIN_PART_BYTES ? front.slices.length : count);
      const end = rest < MIN_PART_BYTES ? front.end : front.start + bytes;
      const md5 = taken.length === 1 ? taken[0]?.md5 : undefined;
      parts.push({ start: front.start, end, copy: { name: front.source.name, offset: front.offset, md5 } });
      front.offset += end - front.start;
      front.start = end;
    }
    this.#front = undefined;
    return parts;
  }

  /** Takes parts from the beginning of the literal, as long as it has at least that many bytes. */
  #cutLiteral(atLeast: number): Part[] {
    const parts: Part[] = [];
    while (this.#literalBytes >= atLeast) {
      const start = this.#literal.start;
      this.#literal.start += this.#partBytes;
      parts.push({ start, end: this.#literal.start });
    }
    return parts;
  }

  #extendLiteral(start: number, end: number): void {
    if (this.#literalBytes === 0) this.#literal.start = start;
    this.#literal.end = end;
  }

  /** How many bytes the literal lacks to be long enough for a part. */
  get #missingBytes(): number {
    return this.#literalBytes === 0 ? 0 : Math.max(0, MIN_PART_BYTES - this.#literalBytes);
  }

  get #literalBytes(): number {
    return this.#literal.end - this.#literal.start;
  }

  get #frontBytes(): number {
    return this.#front === undefined ? 0 : this.#front.end - this.#front.start;
  }

  #placesOf(content: string, bytes: number): Pick<Run, 'source' | 'offset'>[] {
    return this.#sources.flatMap(source => {
      const offset = source.offsets.get(content);
      return offset === undefined || offset + bytes > source.bytes ? [] : [{ source, offset }];
    });
  }
}

function isNext(run: Run, { source, offset }: Pick<Run, 'source' | 'offset'>): boolean {
  return source === run.source && offset === run.offset + (run.end - run.start);
}

/** The parts for new bytes between two runs: two parts when both are long enough, else one longer part. */
function halves({ start, end }: { start: number; end: number }, partBytes: number): Part[] {
  const bytes = end - start;
  return even(start, end, bytes > partBytes && bytes >= 2 * MIN_PART_BYTES ? 2 : 1);
}

function even(start: number, end: number, count: number): { start: number; end: number }[] {
  const at = (index: number): number => start + Math.floor(((end - start) * index) / count);
  return Array.from({ length: count }, (_, index) => ({ start: at(index), end: at(index + 1) }));
}
