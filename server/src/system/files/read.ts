import { stat, type FileHandle } from 'node:fs/promises';
import pLimit from 'p-limit';
import prettyBytes from 'pretty-bytes';
import { ShipEnvError } from '../../errors.js';
import { NotRegular, assertRegular, openRegular } from './open.js';
import { piecesOf } from './pieces.js';
import type { AnyFileKind, FileKind } from './kinds.js';

export { FILE_KINDS, type AnyFileKind, type FileKind } from './kinds.js';

/** Files that are open at a time. Some systems allow a process 256 open files, and Node reads with four threads. */
const OPEN_FILES = 16;

const limited = pLimit(OPEN_FILES);

/** A file does not have the properties of its kind. It was not used. */
export class UnusableFile extends ShipEnvError {
  readonly path: string;
  /** What is there instead, as a clause: `it is a FIFO`. */
  readonly found: string;

  constructor(path: string, kind: AnyFileKind, found: string, cause?: unknown) {
    const size = kind.limit === undefined ? '' : ` of at most ${prettyBytes(kind.limit)}`;
    const wanted = `${kind.isBinary === true ? 'a regular file' : 'a text file'}${size}`;
    super(kind.code, `${path}, ${kind.what}, was expected to be ${wanted}; ${found}.`, { hint: kind.hint, cause });
    this.path = path;
    this.found = found;
  }
}

/**
 * Reads a whole file. Only regular files are opened, the size is limited, and a text file must contain no NUL.
 *
 * @throws UnusableFile when the file does not have the properties of its kind; the system's error when it is missing or may
 *   not be read
 */
export function readBounded(path: string, kind: FileKind): Promise<Buffer> {
  return withRegular(path, kind, handle => contentOf(handle, path, kind));
}

/**
 * Reads a file of any size, piece by piece, but no more bytes than the file had when it was opened.
 *
 * @param use - must not keep a piece after it returns, because the next piece overwrites it
 * @throws as {@link readBounded}; the signal's reason
 */
export function readPieces(
  path: string,
  kind: AnyFileKind,
  use: (piece: Buffer) => void,
  signal?: AbortSignal
): Promise<void> {
  return withRegular(path, kind, async handle => {
    const { size } = await handle.stat();
    for await (const piece of piecesOf(handle, { size, most: size, signal })) use(piece);
  });
}

function withRegular<T>(path: string, kind: AnyFileKind, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  return limited(async () => {
    try {
      // Checked before the file is opened, because to open a device may have an effect.
      assertRegular(path, await stat(path));
      const handle = await openRegular(path);
      try {
        return await work(handle);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw error instanceof NotRegular ? new UnusableFile(path, kind, `it is ${error.found}`, error) : error;
    }
  });
}

async function contentOf(handle: FileHandle, path: string, kind: FileKind): Promise<Buffer> {
  const { size } = await handle.stat();
  if (size > kind.limit) throw new UnusableFile(path, kind, `it has ${prettyBytes(size)}`);
  const pieces: Buffer[] = [];
  // One byte more than the limit, because the file may grow. A file that does not grow is one piece.
  const wanted = { size, most: kind.limit + 1, pieceBytes: kind.limit + 1, areKept: true } as const;
  for await (const piece of piecesOf(handle, wanted)) pieces.push(piece);
  const [first] = pieces;
  const content = first?.length === size ? first : Buffer.concat(pieces);
  if (content.length > kind.limit) throw new UnusableFile(path, kind, 'it has more');
  if (kind.isBinary !== true && content.includes(0)) throw new UnusableFile(path, kind, 'it contains a NUL byte');
  return content;
}
