import type { FileHandle } from 'node:fs/promises';
import { crc32 } from '../../payloads/crc32.js';

const PIECE_BYTES = 1024 * 1024;
const LOCAL_HEADER_BYTES = 30;

/** Reads a segment from front to back, and computes its CRC-32 meanwhile. */
export class SegmentReader {
  readonly #file: FileHandle;
  readonly #end: number;
  /** Bytes that were read and not yet taken. */
  #ahead = Buffer.alloc(0);
  #position = 0;
  #crc32 = 0;

  /** @param end - bytes of the segment; what follows in the file is its index */
  constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** CRC-32 of all bytes that were taken. */
  get crc32(): number {
    return this.#crc32;
  }

  /** Skips the local header of an entry (APPNOTE 4.3.7). */
  async passHeader(): Promise<void> {
    const header = await this.take(LOCAL_HEADER_BYTES);
    await this.take(header.readUInt16LE(26) + header.readUInt16LE(28));
  }

  /** Takes the next bytes. @throws RangeError when there are fewer */
  async take(bytes: number): Promise<Buffer> {
    if (bytes <= this.#ahead.length) return this.#taken(bytes);
    const parts: Buffer[] = [];
    for await (const piece of this.pieces(bytes)) parts.push(piece);
    return Buffer.concat(parts);
  }

  /** Takes the next bytes, piece by piece. @throws RangeError when there are fewer */
  async *pieces(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (this.#ahead.length === 0) await this.#read();
      const piece = this.#taken(Math.min(left, this.#ahead.length));
      left -= piece.length;
      yield piece;
    }
  }

  #taken(bytes: number): Buffer {
    const piece = this.#ahead.subarray(0, bytes);
    this.#ahead = this.#ahead.subarray(bytes);
    this.#crc32 = crc32(piece, this.#crc32);
    return piece;
  }

  async #read(): Promise<void> {
    const length = Math.min(PIECE_BYTES, this.#end - this.#position);
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, this.#position);
    if (bytesRead === 0) throw new RangeError('A segment ends before its last entry does.');
    this.#position += bytesRead;
    this.#ahead = buffer.subarray(0, bytesRead);
  }
}
