import { createHash, type Hash } from 'node:crypto';
import { crc32 } from './crc32.js';
import type { Recent } from '../system/cache/recent.js';
import { BEGINNING, boundaryBehind, rangeBefore, type DigestMemory } from './digest-memory.js';
import type { Span } from './payload.js';

/** A span and its position in the artifact. */
export interface PlacedSpan {
  readonly span: Span;
  readonly start: number;
  readonly end: number;
  /** Names all bytes up to the span's end; undefined when no other artifact begins with these bytes. */
  readonly boundary: string | undefined;
  /** The digest of all bytes up to the span's end, when it is remembered. */
  readonly digest: Hash | undefined;
}

/** Is shown the bytes of spans while they are digested. */
export interface SpanObserver {
  /** @param at - position of the piece in the span */
  take(span: Span, at: number, piece: Buffer): void;
  /** The whole span was read, and its local copy is undamaged. */
  checked(span: Span): void;
}

/**
 * Computes the digest of an artifact front to back, span by span as they become known. It also computes a CRC of each span,
 * so that a damaged local copy is noticed before anything of it is published.
 */
export class SpanDigest {
  readonly #memory: Recent<Hash> | undefined;
  readonly #observer: SpanObserver | undefined;
  #whole = createHash('sha256');
  /** The spans that are not digested to their end. */
  readonly #spans: PlacedSpan[] = [];
  #end = 0;
  /** The boundary behind the last span that was added. */
  #boundary: string | undefined = BEGINNING;
  #position = 0;
  /** CRC-32 of the digested bytes of the current span. */
  #crc = 0;

  constructor(memory: DigestMemory | undefined, observer?: SpanObserver) {
    this.#memory = memory?.running;
    this.#observer = observer;
  }

  /** Appends the next span. */
  add(span: Span): void {
    if (span.bytes === 0) return;
    const start = this.#end;
    this.#end += span.bytes;
    this.#boundary = boundaryBehind(this.#boundary, span);
    const digest = this.#boundary === undefined ? undefined : this.#memory?.get(this.#boundary);
    this.#spans.push({ span, start, end: this.#end, boundary: this.#boundary, digest });
  }

  /** Bytes digested so far. */
  get position(): number {
    return this.#position;
  }

  /** End of the span that is digested in part. The position when there is no such span. */
  get begunEnd(): number {
    const [current] = this.#spans;
    return current === undefined || current.start === this.#position ? this.#position : current.end;
  }

  /** The spans that are not digested to their end. */
  get ahead(): readonly PlacedSpan[] {
    return [...this.#spans];
  }

  /** Names bytes that are not digested yet; undefined when no other artifact has them at that position. */
  rangeOf(start: number, end: number): string | undefined {
    const boundary = this.#spans.find(placed => placed.end >= end)?.boundary;
    return boundary === undefined ? undefined : rangeBefore(boundary, start, end);
  }

  /** Digests the next bytes. @throws what the check of a span throws */
  async update(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const [current] = this.#spans;
      if (current === undefined) throw new RangeError('More was digested of an artifact than it has.');
      const piece = bytes.subarray(done, done + current.end - this.#position);
      this.#whole.update(piece);
      this.#crc = crc32(piece, this.#crc);
      this.#observer?.take(current.span, this.#position - current.start, piece);
      done += piece.length;
      this.#position += piece.length;
      if (this.#position === current.end) await this.#leave(current);
    }
  }

  /**
   * Moves the position to the last boundary up to `end` whose digest is remembered. The bytes in between are not checked.
   *
   * @returns the position up to which the caller must read: `end`; or the position itself, when a later leap may still skip
   *   the bytes up to `end`
   */
  leap(end: number): number {
    const last = this.#spans.findLastIndex(placed => placed.digest !== undefined && placed.end <= end);
    const landing = this.#spans.splice(0, last + 1).at(-1);
    if (landing?.digest !== undefined) {
      this.#whole = landing.digest.copy();
      this.#crc = 0;
      this.#position = landing.end;
    }
    return this.#spans.some(({ digest }) => digest !== undefined) ? this.#position : end;
  }

  /** sha256 of all the spans, lower-case hex. Call it last. */
  sha256(): string {
    if (this.#position < this.#end) throw new RangeError('Less was digested of an artifact than it has.');
    return this.#whole.digest('hex');
  }

  async #leave({ span, boundary }: PlacedSpan): Promise<void> {
    const crc = this.#crc;
    this.#crc = 0;
    this.#spans.shift();
    await span.check(crc);
    this.#observer?.checked(span);
    if (boundary !== undefined) this.#memory?.set(boundary, this.#whole.copy());
  }
}
