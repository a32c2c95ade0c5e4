import { createHash } from 'node:crypto';
import { crc32 } from '../artifact/zip/crc32.js';
import type { Span } from './target.js';

/** What is read but not kept is read in pieces of this size, one while the one before it is digested. */
const PIECE_BYTES = 2 * 1024 * 1024;

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
  /** Those that are not digested to their end. */
  readonly #spans: Placed[] = [];
  #end = 0;
  #position = 0;
  /** Of the current span, as far as it is digested. */
  #crc = 0;
  /** Two, of which one is read into while the other is digested; made once, since new memory of that size is slow. */
  #scratch: readonly [Buffer, Buffer] | undefined;

  /** Appends the next span. */
  add(span: Span): void {
    if (span.bytes > 0) this.#spans.push({ span, start: this.#end });
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

  /** Fills a buffer with the bytes that come next. */
  async take(into: Buffer): Promise<void> {
    await this.#load(into, this.#position);
    await this.#digest(into);
  }

  /** The bytes up to `end`, piece for piece; a piece is overwritten by the one after the next. */
  async *pieces(end: number): AsyncGenerator<Buffer> {
    const load = (scratch: Buffer, from: number): Promise<Buffer> => {
      const piece = scratch.subarray(0, Math.min(scratch.length, end - from));
      const loading = this.#load(piece, from).then(() => piece);
      // It is awaited below, unless the one before it fails.
      loading.catch(() => undefined);
      return loading;
    };
    this.#scratch ??= [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)];
    let [current, other] = this.#scratch;
    let next = load(current, this.#position);
    while (this.#position < end) {
      const piece = await next;
      const behind = this.#position + piece.length;
      if (behind < end) next = load(other, behind);
      await this.#digest(piece);
      yield piece;
      [current, other] = [other, current];
    }
  }

  /** Reads from anywhere behind what is digested. */
  async #load(into: Buffer, from: number): Promise<void> {
    let filled = 0;
    for (const { span, start } of [...this.#spans]) {
      const at = from + filled - start;
      if (at >= span.bytes) continue;
      const piece = into.subarray(filled, filled + span.bytes - at);
      await span.read(piece, at);
      filled += piece.length;
      if (filled === into.length) return;
    }
    if (filled < into.length) throw new RangeError('More was to be read of an artifact than it has.');
  }

  async #digest(bytes: Buffer): Promise<void> {
    this.#whole.update(bytes);
    for (let done = 0; done < bytes.length;) {
      const [placed] = this.#spans;
      if (placed === undefined) throw new RangeError('More was digested of an artifact than it has.');
      const { span, start } = placed;
      const piece = bytes.subarray(done, done + start + span.bytes - this.#position);
      this.#crc = crc32(piece, this.#crc);
      done += piece.length;
      this.#position += piece.length;
      if (this.#position === start + span.bytes) await this.#leave(span);
    }
  }

  async #leave(span: Span): Promise<void> {
    const crc = this.#crc;
    this.#crc = 0;
    this.#spans.shift();
    await span.check(crc);
  }
}
