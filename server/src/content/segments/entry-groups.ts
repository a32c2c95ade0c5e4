import { sizeOf } from './plan/segment-plan.js';
import { HEADERS_BYTES } from './threads/slot.js';
import type { SegmentEntry } from './types.js';
import { PIECE_BYTES } from './zip/deflate.js';
import { localHeaderBytes } from './zip/records.js';

/** An entry with its name in the archive. */
export interface NamedEntry {
  readonly entry: SegmentEntry;
  readonly name: string;
}

/** Groups of entries, in order: a large entry by itself, small entries together, as many as fit into a slot. */
export function* groupsOf(entries: readonly NamedEntry[]): Generator<NamedEntry[]> {
  let group: NamedEntry[] = [];
  let [bytes, headers] = [0, 0];
  for (const named of entries) {
    const size = sizeOf(named.entry);
    const header = localHeaderBytes(named.name);
    const isFull = bytes + size > PIECE_BYTES || headers + header > HEADERS_BYTES;
    if (group.length > 0 && (isFull || isLarge(named.entry))) {
      yield group;
      [group, bytes, headers] = [[], 0, 0];
    }
    group.push(named);
    bytes += size;
    headers += header;
  }
  if (group.length > 0) yield group;
}

/** Whether an entry is compressed in several pieces. */
export function isLarge(entry: SegmentEntry): boolean {
  return sizeOf(entry) > PIECE_BYTES;
}
