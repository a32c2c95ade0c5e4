import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** Of one read, unless more is asked for. Node ends the whole process at a read of more than 2 GiB. */
const PIECE_BYTES = 256 * 1024;
/** Of a file that is smaller: one of /proc says that it is empty. */
const LEAST_BYTES = 1024;

/** What is known of an open file, and wanted of it. */
export interface Extent {
  /** What the file had when it was looked at: where it ends there, it is not asked for more. */
  readonly size: number;
  /** No more than this is read; without it, all. */
  readonly most?: number;
  /** Bytes of a piece at most. */
  readonly pieceBytes?: number;
  /** Each piece stays as it is; else the next one takes its place. */
  readonly areKept?: true;
  readonly signal?: AbortSignal | undefined;
}

/** An open file from its beginning, piece by piece. */
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

/** {@link piecesOf}, at once: in this thread. */
export function* piecesOfHere(file: number, wanted: Omit<Extent, 'areKept'>): Generator<Buffer, void, void> {
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

/** With room for one byte more than the file had: a read that does not fill it has come to the end. */
function bufferFor({ size, pieceBytes = PIECE_BYTES }: Extent, at = 0): Buffer {
  return Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(LEAST_BYTES, size - at + 1)));
}
