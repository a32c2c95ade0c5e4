import type { CopySource, Span } from './target.js';

const MIB = 1024 * 1024;

/** Amazon's limits for an upload in parts: 5 MiB, but for the last part; 5 GiB; 10,000 parts. */
const MIN_PART_BYTES = 5 * MIB;
const MAX_PARTS = 10_000;
/** Of a part that is sent: it is held in memory. */
export const PART_BYTES = 8 * MIB;
/** Of a part that is copied: several are copied at once, and one is done in a moment. */
const COPY_BYTES = 64 * MIB;

/** Bytes of each part that is sent, but the last: a function of the size alone, so that a verifier finds the same parts. */
export function partBytesOf(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS / MIB) * MIB);
}

/** Bytes `start` (inclusive) to `end` (exclusive) of an artifact, as one part: sent, or copied from an object. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly copy?: { readonly name: string; readonly offset: number };
}

/** A run of bytes that one source holds, too, back to back. */
interface Run {
  start: number;
  end: number;
  readonly source: CopySource;
  offset: number;
}

/**
 * Cuts an artifact into parts while its spans come in; pure.
 *
 * What a source holds is copied. What is new is sent, filled up to the smallest part with bytes from behind it or from
 * before it, which then need no copying. So at most {@link MIN_PART_BYTES} more than what is new are sent for each place
 * where something is new, and what is new at the end needs no filling.
 */
export class PartPlanner {
  readonly #sources: readonly CopySource[];
  readonly #partBytes: number;
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
  constructor(sources: readonly CopySource[], maximalBytes: number) {
    this.#sources = sources;
    this.#partBytes = partBytesOf(maximalBytes);
    this.#copyBytes = Math.max(COPY_BYTES, this.#partBytes);
  }

  /** Takes the next span. @returns the parts that are now decided, in their order */
  add({ bytes, content }: Pick<Span, 'bytes' | 'content'>): Part[] {
    if (bytes === 0) return [];
    const start = this.#position;
    this.#position += bytes;
    const places = content === undefined ? [] : this.#placesOf(content, bytes);
    const open = this.#open;
    if (open !== undefined && places.some(place => isNext(open, place))) {
      open.end = this.#position;
      return [];
    }
    const parts = this.#close();
    const [best] = places;
    if (best === undefined) {
      this.#extendLiteral(start, this.#position);
      if (this.#literalBytes >= this.#partBytes + MIN_PART_BYTES) parts.push(...this.#takeFront());
      parts.push(...this.#cutLiteral(this.#partBytes + MIN_PART_BYTES));
    } else {
      this.#open = { start, end: this.#position, ...best };
    }
    return parts;
  }

  /** @returns the parts that are left when there is no further span */
  end(): Part[] {
    const parts = [...this.#close(), ...this.#takeFront(), ...this.#cutLiteral(this.#partBytes + 1)];
    return this.#literalBytes === 0 ? parts : [...parts, { ...this.#literal }];
  }

  /** Decides what becomes of the open run, now that its length is known. */
  #close(): Part[] {
    const run = this.#open;
    if (run === undefined) return [];
    this.#open = undefined;
    const missing = this.#literalBytes === 0 ? 0 : Math.max(0, MIN_PART_BYTES - this.#literalBytes);
    const bytes = run.end - run.start;
    if (bytes - missing >= MIN_PART_BYTES) return this.#settle(run, 0, missing);
    if (bytes >= MIN_PART_BYTES && this.#frontBytes - missing >= MIN_PART_BYTES) return this.#settle(run, missing, 0);
    // Too short to be copied: it joins what is sent.
    this.#extendLiteral(run.start, run.end);
    return [];
  }

  /** The literal becomes parts, filled up with bytes from before and behind it, and the run the new front. */
  #settle(run: Run, before: number, behind: number): Part[] {
    if (this.#front !== undefined) this.#front.end -= before;
    const literal = { start: this.#literal.start - before, end: this.#literal.end + behind };
    const parts = this.#takeFront();
    if (this.#literalBytes > 0) parts.push(...halves(literal, this.#partBytes));
    this.#front = { ...run, start: run.start + behind, offset: run.offset + behind };
    this.#literal = { start: run.end, end: run.end };
    return parts;
  }

  #takeFront(): Part[] {
    const front = this.#front;
    this.#front = undefined;
    return front === undefined ? [] : copyParts(front, this.#copyBytes);
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

/** A run in even pieces, so that none is shorter than a part may be. */
function copyParts({ start, end, source, offset }: Run, copyBytes: number): Part[] {
  const count = Math.ceil((end - start) / copyBytes);
  return even(start, end, count).map(part => {
    return { ...part, copy: { name: source.name, offset: offset + part.start - start } };
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
