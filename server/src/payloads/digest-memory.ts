import { createHash, type Hash } from 'node:crypto';
import { Recent } from '../system/cache/recent.js';
import type { Span } from './payload.js';

/** A running digest takes a kilobyte: those of some artifacts of a thousand distributions. */
const MOST_KEPT = 4096;

/**
 * Digests of what artifacts begin with, for a process that ships again and again: what an artifact shares with one that
 * was read before need not be read only to know the digest of the whole. All is named by contents, never by a place.
 */
export class DigestMemory {
  /** By boundary: the running sha256 of all before it, which was read and checked. Copied before it is used. */
  readonly running: Recent<Hash>;
  /** Notes of a target about contents, by names of its own. */
  readonly notes: Recent<string>;

  #noted = 0;

  /** @param most - so many of each are kept */
  constructor(most = MOST_KEPT) {
    this.running = new Recent(most);
    this.notes = new Recent(most);
  }

  /** Whether there are notes since {@link noted} was called last. */
  get hasNews(): boolean {
    return this.notes.changes !== this.#noted;
  }

  /** The notes are kept elsewhere, too. */
  noted(): void {
    this.#noted = this.notes.changes;
  }
}

/** The boundary at which an artifact begins. */
export const BEGINNING = '';

/**
 * Names the boundary behind a span by all the contents before it; pure. Where one of them has no name, nor has this.
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

/** Names the bytes `start` to `end` of an artifact, which lie before that boundary; pure. */
export function rangeBefore(boundary: string, start: number, end: number): string {
  return `${boundary} ${start} ${end}`;
}
