import type { DigestMemory } from '../../../payloads/digest-memory.js';
import type { Span } from '../../../payloads/payload.js';
import type { SpanObserver } from '../../../payloads/span-digest.js';
import { newMd5 } from '../md5.js';

const MIB = 1024 * 1024;

/**
 * The smallest part of an upload that Amazon takes, except for the last one (Amazon S3 user guide, "multipart upload
 * limits").
 */
export const MIN_PART_BYTES = 5 * MIB;
/** Small enough that a copy takes a moment; several slices are copied at once. */
const SLICE_BYTES = 64 * MIB;

/** A run of bytes of a span that the store copies as one part. The part's ETag shows whether the copy is right. */
export interface Slice {
  readonly bytes: number;
  /** Lower-case hex; undefined when it must still be computed. */
  readonly md5?: string | undefined;
}

/**
 * Cuts a span into slices: first a short one, which can share a part with bytes before it that are too short for a part
 * of their own, then even ones. When a span has several slices, each is long enough for a part. Pure.
 *
 * @param bytes - size of the span
 * @returns the size of each slice, from the first to the last
 */
export function slicesOf(bytes: number): number[] {
  if (bytes < 2 * MIN_PART_BYTES) return [bytes];
  const rest = bytes - MIN_PART_BYTES;
  const count = Math.ceil(rest / SLICE_BYTES);
  const at = (index: number): number => Math.floor((rest * index) / count);
  return [MIN_PART_BYTES, ...Array.from({ length: count }, (_, index) => at(index + 1) - at(index))];
}

/** The slices of a span, with the digests that the notes have of its content. */
export function knownSlices(
  { content, bytes }: Pick<Span, 'content' | 'bytes'>,
  memory: DigestMemory | undefined
): Slice[] {
  const md5s = content === undefined ? undefined : memory?.notes.get(noteName(content))?.split(' ');
  return slicesOf(bytes).map((length, index) => ({ bytes: length, md5: md5s?.[index] }));
}

/**
 * Computes the MD5 of each slice while a reader digests an artifact, so that a later upload that copies the slices need
 * not read them. Notes the digests only when the content of the span proved undamaged.
 */
export class SliceObserver implements SpanObserver {
  readonly #memory: DigestMemory;
  /** The span that is being read. */
  #span: Span | undefined;
  #md5s: string[] = [];
  #slices: number[] = [];
  #md5: ReturnType<typeof newMd5>;
  #left = 0;
  #position = 0;

  constructor(memory: DigestMemory) {
    this.#memory = memory;
  }

  take(span: Span, at: number, piece: Buffer): void {
    if (at === 0) this.#begin(span);
    if (this.#span !== span || at !== this.#position) return;
    this.#position += piece.length;
    for (let done = 0; done < piece.length;) {
      const part = piece.subarray(done, done + this.#left);
      this.#md5?.update(part);
      done += part.length;
      this.#left -= part.length;
      if (this.#left === 0) this.#endSlice();
    }
  }

  checked(span: Span): void {
    if (this.#span !== span || span.content === undefined || this.#slices.length > 0 || this.#left > 0) return;
    this.#memory.notes.set(noteName(span.content), this.#md5s.join(' '));
    this.#span = undefined;
  }

  #begin(span: Span): void {
    const isWanted = span.content !== undefined && this.#memory.notes.get(noteName(span.content)) === undefined;
    this.#md5 = isWanted ? newMd5() : undefined;
    // When the system forbids MD5, nothing is noted.
    this.#span = this.#md5 === undefined ? undefined : span;
    this.#slices = slicesOf(span.bytes);
    this.#left = this.#slices.shift() ?? 0;
    this.#md5s = [];
    this.#position = 0;
  }

  #endSlice(): void {
    this.#md5s.push(this.#md5?.digest('hex') ?? '');
    this.#left = this.#slices.shift() ?? 0;
    this.#md5 = this.#left === 0 ? undefined : newMd5();
  }
}

/** A content names bytes, and the slices depend only on the number of bytes. So the content is name enough. */
function noteName(content: string): string {
  return `md5 of slices: ${content}`;
}

/** How many of the first slices make at least that many bytes, else all of them; and their bytes. */
export function leading(slices: readonly Slice[], atLeast: number): [count: number, bytes: number] {
  let [count, bytes] = [0, 0];
  for (const slice of slices) {
    if (bytes >= atLeast) break;
    count += 1;
    bytes += slice.bytes;
  }
  return [count, bytes];
}

/** The slices without their first bytes. The digest of a slice that is cut is unknown. */
export function without(bytes: number, slices: readonly Slice[]): Slice[] {
  let left = bytes;
  return slices.flatMap(slice => {
    const cut = Math.min(left, slice.bytes);
    left -= cut;
    if (cut === 0) return [slice];
    return cut === slice.bytes ? [] : [{ bytes: slice.bytes - cut }];
  });
}
