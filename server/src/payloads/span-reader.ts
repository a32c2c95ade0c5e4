import type { DigestMemory } from './digest-memory.js';
import { SpanDigest, type SpanObserver } from './span-digest.js';
import type { Span } from './payload.js';

/** What is read but not kept is read in pieces of this size, one while the one before it is digested. */
const PIECE_BYTES = 2 * 1024 * 1024;

/**
 * Reads an artifact once, front to back, span for span as they become known, and digests it on the way. What nobody here
 * needs to see is passed over where its digest is remembered.
 */
export class SpanReader {
  readonly #digest: SpanDigest;
  /** As far as nobody needs to see it; the digest may be behind. */
  #passed = 0;
  /** End of the last span of which something was taken: it is read so far, since it is checked there. */
  #due = 0;
  /** Two, of which one is read into while the other is digested; made once, since new memory of that size is slow. */
  #scratch: readonly [Buffer, Buffer] | undefined;

  /**
   * @param memory - digests of the artifacts that were read before
   * @param observer - sees what is digested
   */
  constructor(memory?: DigestMemory, observer?: SpanObserver) {
    this.#digest = new SpanDigest(memory, observer);
  }

  /** Appends the next span. */
  add(span: Span): void {
    this.#digest.add(span);
  }

  /** Bytes digested so far. */
  get position(): number {
    return this.#digest.position;
  }

  /** Names bytes that were not taken yet; undefined where no other artifact has them at that place. */
  rangeOf(start: number, end: number): string | undefined {
    return this.#digest.rangeOf(start, end);
  }

  /** sha256 of all, lower-case hex. The last call to the reader. */
  sha256(): string {
    return this.#digest.sha256();
  }

  /** Fills a buffer with the bytes that come next. */
  async take(into: Buffer, signal: AbortSignal): Promise<void> {
    await this.#readTo(this.#passed, signal);
    await this.#load(into, this.position);
    await this.#digest.update(into);
    this.#due = this.#digest.begunEnd;
  }

  /** The bytes up to `end`, piece for piece; a piece is overwritten by the one after the next. */
  async *pieces(end: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    await this.#readTo(this.#passed, signal);
    yield* this.#read(end, signal);
  }

  /**
   * Goes past the bytes up to `end`, which nobody here sends or writes. They are read where their digest is not
   * remembered, and where they end a span of which something was taken.
   */
  async passOver(end: number, signal: AbortSignal): Promise<void> {
    this.#passed = end;
    await this.#readTo(Math.min(end, this.#due), signal);
    await this.#readTo(this.#digest.leap(end), signal);
  }

  async #readTo(end: number, signal: AbortSignal): Promise<void> {
    for await (const _ of this.#read(end, signal));
  }

  async *#read(end: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    if (this.position >= end) return;
    const load = (scratch: Buffer, from: number): Promise<Buffer> => {
      const piece = scratch.subarray(0, Math.min(scratch.length, end - from));
      const loading = this.#load(piece, from).then(() => piece);
      // It is awaited below, unless the one before it fails.
      loading.catch(() => undefined);
      return loading;
    };
    this.#scratch ??= [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)];
    let [current, other] = this.#scratch;
    let next = load(current, this.position);
    while (this.position < end) {
      const piece = await next;
      signal.throwIfAborted();
      const behind = this.position + piece.length;
      if (behind < end) next = load(other, behind);
      await this.#digest.update(piece);
      yield piece;
      [current, other] = [other, current];
    }
  }

  /** Reads from anywhere behind what is digested. */
  async #load(into: Buffer, from: number): Promise<void> {
    let filled = 0;
    for (const { span, start } of this.#digest.ahead) {
      const at = from + filled - start;
      if (at >= span.bytes) continue;
      const piece = into.subarray(filled, filled + span.bytes - at);
      await span.read(piece, at);
      filled += piece.length;
      if (filled === into.length) return;
    }
    if (filled < into.length) throw new RangeError('More was to be read of an artifact than it has.');
  }
}
