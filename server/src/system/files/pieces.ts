import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** Bytes of one read, unless the caller wants larger pieces. Node aborts the whole process at a read of more than 2 GiB. */
const PIECE_BYTES = 256 * 1024;
/** Least bytes of a buffer, because a file of /proc reports a size of 0. */
const LEAST_BYTES = 1024;

/** The size of an open file, and which part of it is wanted. */
export interface Extent {
  /** Size of the file when it was last checked. A file that ends there is not read once more to find its end. */
  readonly size: number;
  /** The most bytes to read; all when absent. */
  readonly most?: number;
  /** The most bytes of a piece. */
  readonly pieceBytes?: number;
  /** Each piece gets its own memory; otherwise the next piece overwrites it. */
  readonly areKept?: true;
  readonly signal?: AbortSignal | undefined;
}

/** Reads an open file from its beginning, piece by piece. */
export async function* piecesOf(handle: FileHandle, wanted: Extent): AsyncGenerator<Buffer, void, void> {
  let buffer = bufferFor(wanted);
  for (let at = 0, left = wanted.most ?? Infinity; left > 0;) {
    wanted.signal?.throwIfAborted();
    const length = Math.min(buffer.length, left);
    const { bytesRead } = await handle.read(buffer, 0, length, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
    left -= bytesRead;
    if (at === wanted.size && bytesRead < length) return;
    if (wanted.areKept === true) buffer = bufferFor(wanted, at);
  }
}

/** {@link piecesOf}, synchronously: in this thread. */
export function* piecesOfSync(file: number, wanted: Omit<Extent, 'areKept'>): Generator<Buffer, void, void> {
  const buffer = bufferFor(wanted);
  for (let at = 0, left = wanted.most ?? Infinity; left > 0;) {
    wanted.signal?.throwIfAborted();
    const length = Math.min(buffer.length, left);
    const bytesRead = readSync(file, buffer, 0, length, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
    left -= bytesRead;
    if (at === wanted.size && bytesRead < length) return;
  }
}

/** A buffer with one byte more than the rest of the file: a read that does not fill it has reached the end. */
function bufferFor({ size, pieceBytes = PIECE_BYTES }: Extent, at = 0): Buffer {
  return Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(LEAST_BYTES, size - at + 1)));
}
