import { createHash, type Hash } from 'node:crypto';
import { crc32 } from '../../payloads/crc32.js';
import { fileChanged } from './seen-file.js';
import { windowBytes } from './threads/slot.js';
import type { PieceTask } from './threads/tasks.js';
import type { Lease } from './threads/threads.js';
import type { SegmentEntry } from './types.js';
import { WINDOW_BYTES, isWorthInflating } from './zip/deflate.js';
import { DEFLATED, STORED, type ZipMethod } from './zip/records.js';

/** A large entry that is read in pieces: computes its digests, and checks that the file is as the snapshot saw it. */
export class LargeEntry {
  /** Decided after the first piece: content that does not shrink (archives, images) is stored. */
  method: ZipMethod = DEFLATED;
  readonly #entry: SegmentEntry;
  readonly #hash: Hash = createHash('sha256');
  #crc = 0;
  #before: Uint8Array = new Uint8Array();

  constructor(entry: SegmentEntry) {
    this.#entry = entry;
  }

  /**
   * Takes the next piece.
   *
   * @returns the bytes of the piece in the archive
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED when the window differs from the end of the previous piece
   */
  add({ deflated = 0, slot }: Lease<PieceTask>, position: number, bytes: number): Uint8Array {
    const start = windowBytes(position);
    if (Buffer.compare(slot.input.subarray(0, start), this.#before) !== 0) throw this.#changed();
    const piece = slot.input.subarray(start, start + bytes);
    this.#hash.update(piece);
    this.#crc = crc32(piece, this.#crc);
    this.#before = piece.slice(-WINDOW_BYTES);
    if (position === 0 && !isWorthInflating(bytes, deflated)) this.method = STORED;
    return this.method === STORED ? piece : slot.output.subarray(0, deflated);
  }

  /** CRC-32 of the whole entry. @throws ShipEnvError ARTIFACT_FILE_CHANGED */
  crc32(): number {
    if (this.#hash.digest('hex') !== this.#entry.sha256) throw this.#changed();
    return this.#crc;
  }

  #changed(): Error {
    return this.#entry.kind === 'file' ? fileChanged(this.#entry) : new Error(`${this.#entry.name} changed in memory.`);
  }
}
