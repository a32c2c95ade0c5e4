import type { DigestMemory } from './digest-memory.js';
import { SpanDigest, type SpanObserver } from './span-digest.js';
import type { Span } from './payload.js';

/** Size of the pieces in which bytes are read that nobody keeps. One piece is read while the previous one is digested. */
const PIECE_BYTES = 2 * 1024 * 1024;

/**
 * Reads an artifact once, front to back, span by span as they become known, and digests it on the way. Bytes that the caller
 * does not need are skipped when their digest is remembered.
 */
export class SpanReader {
  readonly #digest: SpanDigest;
  /** End of the bytes that the caller does not need. The digest may be behind this position. */
  #passed = 0;
  /** End of the last span of which bytes were taken. The reader must read to there, because a span is checked at its end. */
  #due = 0;
  /** Two buffers: one is filled while the other is digested. They are kept, because to allocate that much is slow. */
  #scratch: readonly [Buffer, Buffer] | undefined;

  /**
   * @param memory - digests of the artifacts that were read before
   * @param observer - is shown the bytes that are digested
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

  /** Names bytes that were not taken yet; undefined when no other artifact has them at that position. */
  rangeOf(start: number, end: number): string | undefined {
    return this.#digest.rangeOf(start, end);
  }

  /** sha256 of all bytes, lower-case hex. Call it last. */
  sha256(): string {
    return this.#digest.sha256();
  }

  /** Fills a buffer with the next bytes. */
  async take(into: Buffer, signal: AbortSignal): Promise<void> {
    await this.#readTo(this.#passed, signal);
    await this.#load(into, this.position);
    await this.#digest.update(into);
    this.#due = this.#digest.begunEnd;
  }

  /** The bytes up to `end`, piece by piece. A piece is valid until two more have been read. */
  async *pieces(end: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    await this.#readTo(this.#passed, signal);
    yield* this.#read(end, signal);
  }

  /**
   * Skips the bytes up to `end`, which the caller does not send or write. They are read only when their digest is not
   * remembered, or when they are the rest of a span of which bytes were taken.
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
      // The piece is awaited below, unless the previous one fails.
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

  /** Reads from any position that is not digested yet. */
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
