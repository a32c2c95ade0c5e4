import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync } from 'node:zlib';

/**
 * The level of deflate. The benchmark's medium environment ships 474 MB. Level 1 makes 161 MB of them in 5.8 s of one core,
 * level 2 158 MB in 6.3 s, level 4 150 MB in 8.0 s, level 6 145 MB in 12.8 s. The network of a cluster sends the difference in
 * less time than a higher level takes, and a person waits.
 */
const LEVEL = 1;

/** The largest tables. They save a tenth of the time for 128 kB of memory, compared with zlib's default of 8, at the same size. */
const MEM_LEVEL = 9;

/** How far back a match of deflate may reach (RFC 1951). */
export const WINDOW_BYTES = 32 * 1024;

/** Files are compressed in pieces of this size, so that one large file keeps all threads busy and memory stays small. */
export const PIECE_BYTES = 1024 * 1024;

/** The most bytes by which the output exceeds the input. One buffer for the whole output leaves the least garbage. */
const CHUNK_MARGIN = 128;

/**
 * Compresses one piece of a file. The compressed pieces of a file, one after the other, are one deflate stream: each piece
 * except the last ends at a whole byte with a sync flush, and each can refer to the window before it. So the result depends
 * only on the content and not on the number of threads.
 *
 * @param options - `window`: the {@link WINDOW_BYTES} before the piece, if there are bytes before it
 */
export function deflatePiece(
  piece: Uint8Array,
  { window, isLast }: { window: Uint8Array | undefined; isLast: boolean }
): Buffer {
  return deflateRawSync(piece, {
    level: LEVEL,
    memLevel: MEM_LEVEL,
    chunkSize: piece.length + CHUNK_MARGIN,
    finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    ...(window === undefined || window.length === 0 ? {} : { dictionary: window })
  });
}

const deflateRawAside = promisify(deflateRaw);

/** Compresses content by itself, in Node's thread pool: for a megabyte at a time, not for small files. */
export function deflateAside(content: Uint8Array): Promise<Buffer> {
  return deflateRawAside(content, {
    level: LEVEL,
    memLevel: MEM_LEVEL,
    chunkSize: Math.max(64, content.length + CHUNK_MARGIN)
  });
}

/** Whether the compressed form is small enough to be worth inflating on every node. */
export function isWorthInflating(size: number, compressedSize: number): boolean {
  return compressedSize < size * 0.98;
}
