import { PIECE_BYTES, WINDOW_BYTES } from '../zip/deflate.js';

/** What the local headers of the entries of one task may take. */
export const HEADERS_BYTES = 128 * 1024;
/** What deflate may add to a piece that does not compress: 5 bytes for each block of at least 16 KiB, and a flush. */
const DEFLATE_MARGIN = 1024;

const INPUT_BYTES = WINDOW_BYTES + PIECE_BYTES + 1;
const OUTPUT_BYTES = PIECE_BYTES + Math.max(HEADERS_BYTES, DEFLATE_MARGIN);

/**
 * Memory that two threads share, for one task at a time. It is used again and again: what is sent between threads
 * by value is garbage in both, and piles up to hundreds of megabytes before anyone collects it.
 */
export interface Slot {
  /** What is compressed: with the window before it, and one byte more than there may be. */
  readonly input: Uint8Array;
  /** What comes out. */
  readonly output: Uint8Array;
}

/** Of all slots of a build. */
export function slotMemory(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(slots * (INPUT_BYTES + OUTPUT_BYTES));
}

export function slotAt(memory: SharedArrayBuffer, index: number): Slot {
  const start = index * (INPUT_BYTES + OUTPUT_BYTES);
  return {
    input: new Uint8Array(memory, start, INPUT_BYTES),
    output: new Uint8Array(memory, start + INPUT_BYTES, OUTPUT_BYTES)
  };
}

/** How much of an entry deflate sees before a piece. */
export function windowBytes(position: number): number {
  return Math.min(position, WINDOW_BYTES);
}
