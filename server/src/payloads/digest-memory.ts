import { createHash, type Hash } from 'node:crypto';
import { Recent } from '../system/cache/recent.js';
import type { Span } from './payload.js';

/** Enough for a few artifacts of a thousand distributions; a running digest takes a kilobyte. */
const MOST_KEPT = 4096;

/**
 * Digests of the beginnings of artifacts, for a process that ships again and again. Bytes that an artifact shares with an
 * earlier one need not be read again to compute the digest of the whole. All names here are names of contents, not of paths.
 */
export class DigestMemory {
  /** By boundary: the running sha256 of all bytes before it, which were read and checked. Copy a hash before you use it. */
  readonly running: Recent<Hash>;
  /** Notes of a target about contents. The target chooses the names. */
  readonly notes: Recent<string>;

  #noted = 0;

  /** @param most - how many digests, and how many notes, are kept */
  constructor(most = MOST_KEPT) {
    this.running = new Recent(most);
    this.notes = new Recent(most);
  }

  /** Whether notes were added since the last call of {@link noted}. */
  get hasNews(): boolean {
    return this.notes.changes !== this.#noted;
  }

  /** The caller has saved the notes. */
  noted(): void {
    this.#noted = this.notes.changes;
  }
}

/** The boundary at which an artifact begins. */
export const BEGINNING = '';

/**
 * Names the boundary behind a span by all contents before it. When one of the contents has no name, the boundary has none.
 *
 * @param before - the boundary in front of the span
 */
export function boundaryBehind(
  before: string | undefined,
  { content, bytes }: Pick<Span, 'content' | 'bytes'>
): string | undefined {
  if (before === undefined || content === undefined) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([before, content, bytes]))
    .digest('base64');
}

/** Names the bytes `start` to `end` of an artifact. They lie before that boundary. */
export function rangeBefore(boundary: string, start: number, end: number): string {
  return `${boundary} ${start} ${end}`;
}
