import { MIN_PART_BYTES, slicesOf, type Slice } from './slices.js';
import type { Span } from '../../../payloads/payload.js';
import type { Holding } from '../../target.js';

const MIB = 1024 * 1024;

/** Amazon's limit for an upload in parts. */
const MAX_PARTS = 10_000;
/** Of a part that is sent: it is held in memory. */
export const PART_BYTES = 8 * MIB;

/** Bytes of each part that is sent, but the last: a function of the size alone, so that a verifier finds the same parts. */
export function partBytesOf(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS / MIB) * MIB);
}

/** Bytes `start` (inclusive) to `end` (exclusive) of an artifact, as one part: sent, or copied from an object. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly copy?: {
    readonly name: string;
    readonly offset: number;
    /** Of the bytes, when that is known without reading them. */
    readonly md5?: string | undefined;
  };
}

/** A run of bytes that one source holds, too, back to back. */
interface Run {
  start: number;
  end: number;
  readonly source: Holding;
  offset: number;
  /** What it consists of: a part begins and ends where a slice does, as far as parts may be so short. */
  slices: Slice[];
}

/**
 * Cuts an artifact into parts while its spans come in; pure.
 *
 * What a source holds is copied. What is new is sent, filled up to the smallest part with bytes from behind it or from
 * before it, which then need no copying. So at most {@link MIN_PART_BYTES} more than what is new are sent for each place
 * where something is new, and what is new at the end needs no filling. What is copied is decided as soon as nothing behind
 * it can change it, so that copies run while the spans behind are still being built.
 */
export class PartPlanner {
  readonly #sources: readonly Holding[];
  readonly #partBytes: number;
  /** Of a part that is copied, but the last of a run. */
  readonly #copyBytes: number;
  #position = 0;
  /** Will be copied, but may still give its last bytes to what is sent behind it. */
  #front: Run | undefined;
  /** Will be sent; follows the front. */
  #literal = { start: 0, end: 0 };
  /** Follows the literal, and may still grow. */
  #open: Run | undefined;

  /**
   * @param sources - best first
   * @param maximalBytes - of the artifact
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
   * @returns the parts that are now decided, in their order
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

  /** Parts that nothing can change any more, although the run that they are of may still grow. */
  #decide(): Part[] {
    const run = this.#open;
    const parts: Part[] = [];
    if (run !== undefined) {
      const missing = this.#missingBytes;
      if (run.end - run.start - missing < MIN_PART_BYTES) return [];
      this.#open = undefined;
      parts.push(...this.#settle(run, 0, missing));
    }
    // It may have to give the bytes of a part, and then be one itself.
    return [...parts, ...this.#takeFront(2 * MIN_PART_BYTES)];
  }

  /** What becomes of the open run, which is too short for what is missing in front of it, now that it grows no more. */
  #close(): Part[] {
    const run = this.#open;
    if (run === undefined) return [];
    this.#open = undefined;
    const missing = this.#missingBytes;
    const isPart = run.end - run.start >= MIN_PART_BYTES;
    if (isPart && this.#frontBytes - missing >= MIN_PART_BYTES) return this.#settle(run, missing, 0);
    // Too short to be copied: it joins what is sent.
    this.#extendLiteral(run.start, run.end);
    return [];
  }

  /** The literal becomes parts, filled up with bytes from before and behind it, and the run the new front. */
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
   * Parts from the front of the front, each of whole slices.
   *
   * @param keep - so many bytes of it stay; 0: nothing stays
   */
  #takeFront(keep: number): Part[] {
    const front = this.#front;
    const parts: Part[] = [];
    while (front !== undefined && front.slices.length > 0) {
      const [count, bytes] = leading(front.slices, this.#copyBytes);
      const rest = front.end - front.start - bytes;
      if (rest < keep) return parts;
      // What is left must be a part, too.
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

  /** Parts from the literal's front, as long as it has that many bytes. */
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

  /** What the literal lacks to be a part. */
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

/** How many of the first slices make a part that long, or all of them, and their bytes. */
function leading(slices: readonly Slice[], atLeast: number): [count: number, bytes: number] {
  let [count, bytes] = [0, 0];
  for (const slice of slices) {
    if (bytes >= atLeast) break;
    count += 1;
    bytes += slice.bytes;
  }
  return [count, bytes];
}

/** Slices without their first bytes; of one that is cut the digest is not known. */
function without(bytes: number, slices: readonly Slice[]): Slice[] {
  let left = bytes;
  return slices.flatMap(slice => {
    const cut = Math.min(left, slice.bytes);
    left -= cut;
    if (cut === 0) return [slice];
    return cut === slice.bytes ? [] : [{ bytes: slice.bytes - cut }];
  });
}

/** What is sent between two runs: two parts when both are long enough, else one that is a little longer. */
function halves({ start, end }: { start: number; end: number }, partBytes: number): Part[] {
  const bytes = end - start;
  return even(start, end, bytes > partBytes && bytes >= 2 * MIN_PART_BYTES ? 2 : 1);
}

function even(start: number, end: number, count: number): { start: number; end: number }[] {
  const at = (index: number): number => start + Math.floor(((end - start) * index) / count);
  return Array.from({ length: count }, (_, index) => ({ start: at(index), end: at(index + 1) }));
}
