import { PIECE_BYTES, WINDOW_BYTES } from '../zip/deflate.js';

/** The most bytes of all local headers of one task. */
export const HEADERS_BYTES = 128 * 1024;
/** The most bytes that deflate adds to incompressible data: 5 for each block of at least 16 KiB, and a flush. */
const DEFLATE_MARGIN = 1024;

const INPUT_BYTES = WINDOW_BYTES + PIECE_BYTES + 1;
const OUTPUT_BYTES = PIECE_BYTES + Math.max(HEADERS_BYTES, DEFLATE_MARGIN);

/**
 * Memory that two threads share, for one task at a time. It is reused, because values that are sent between threads become
 * garbage in both, and grow to hundreds of megabytes before V8 collects them.
 */
export interface Slot {
  /** The data to compress, with the window in front and room for one more byte. */
  readonly input: Uint8Array;
  /** The compressed data. */
  readonly output: Uint8Array;
}

/** The memory of all slots of a build. */
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

/** How many bytes of an entry in front of a piece deflate may refer to. */
export function windowBytes(position: number): number {
  return Math.min(position, WINDOW_BYTES);
}
