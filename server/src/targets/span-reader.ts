import { createHash } from 'node:crypto';
import { crc32 } from '../artifact/zip/crc32.js';
import type { Span } from './target.js';

/** What is read but not kept is read in pieces of this size. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** A span at its place. */
interface Placed {
  readonly span: Span;
  readonly start: number;
}

/**
 * Reads an artifact once, front to back, span for span as they become known, and digests it on the way: the whole, and
 * each span, so that a damaged local copy is noticed before anything of it is published.
 */
export class SpanReader {
  readonly #whole = createHash('sha256');
  readonly #spans: Placed[] = [];
  #end = 0;
  #position = 0;
  /** Of the current span, as far as it is read. */
  #crc = 0;

  /** Appends the next span. */
  add(span: Span): void {
    this.#spans.push({ span, start: this.#end });
    this.#end += span.bytes;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#position;
  }

  /** sha256 of all that was read, lower-case hex. The last call to the reader. */
  sha256(): string {
    return this.#whole.digest('hex');
  }

  /** The bytes up to `end`, in memory. */
  async take(end: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(end - this.#position);
    await this.#fill(bytes);
    return bytes;
  }

  /** The bytes up to `end`, piece for piece; a piece is overwritten by the next one. */
  async *pieces(end: number): AsyncGenerator<Buffer> {
    const scratch = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - this.#position));
    while (this.#position < end) {
      const piece = scratch.subarray(0, Math.min(scratch.length, end - this.#position));
      await this.#fill(piece);
      yield piece;
    }
  }

  async #fill(into: Buffer): Promise<void> {
    for (let filled = 0; filled < into.length;) {
      const { span, start } = this.#current();
      const at = this.#position - start;
      const piece = into.subarray(filled, filled + Math.min(span.bytes - at, into.length - filled));
      await span.read(piece, at);
      this.#whole.update(piece);
      this.#crc = crc32(piece, this.#crc);
      filled += piece.length;
      this.#position += piece.length;
      if (at + piece.length === span.bytes) await this.#leave(span);
    }
  }

  async #leave(span: Span): Promise<void> {
    const crc = this.#crc;
    this.#crc = 0;
    this.#spans.shift();
    await span.check(crc);
  }

  #current(): Placed {
    while (this.#spans[0]?.span.bytes === 0) this.#spans.shift();
    const placed = this.#spans[0];
    if (placed === undefined) throw new RangeError('More was to be read of an artifact than it has.');
    return placed;
  }
}
