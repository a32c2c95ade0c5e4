import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';

/**
 * Level 1. On 400 MB of numpy, pandas, pyarrow and scikit-learn with two cores it takes 3.5 s and gives 139 MB, level 6
 * takes 6.6 s and gives 125 MB: a cluster's network moves the 14 MB in less time than the 3 s, and a person waits.
 */
const LEVEL = 1;

/** Window of deflate (RFC 1951): how far back a match may reach. */
const WINDOW_BYTES = 32 * 1024;

/** Files are compressed in pieces of this size, so that one large file keeps all threads busy and memory stays small. */
export const PIECE_BYTES = 1024 * 1024;

/**
 * Room for what comes out, at a time; not more than a piece can need. Zlib's own 16 KiB are much for a small file, which
 * then leaves more garbage than content, and little for a large one, which goes back and forth between threads for each.
 */
const CHUNK_BYTES = 256 * 1024;
const CHUNK_MARGIN = 128;

const deflate = promisify(deflateRaw);

/**
 * Compresses one piece of a file in zlib's thread pool. The pieces of a file, one after the other, are one deflate
 * stream: each but the last ends on a byte boundary with a sync flush, and each knows the window before it. So the
 * result depends on the content alone, never on the number of threads.
 *
 * @param previous - the piece before this one
 */
export function deflatePiece(
  piece: Buffer,
  { previous, last }: { previous: Buffer | undefined; last: boolean }
): Promise<Buffer> {
  return deflate(piece, {
    level: LEVEL,
    chunkSize: Math.min(CHUNK_BYTES, piece.length + CHUNK_MARGIN),
    finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    ...(previous === undefined ? {} : { dictionary: previous.subarray(-WINDOW_BYTES) })
  });
}

/** Is the compressed form worth inflating on every node? */
export function pays(size: number, compressedSize: number): boolean {
  return compressedSize < size * 0.98;
}
