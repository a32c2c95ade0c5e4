import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import prettyBytes from 'pretty-bytes';
import { ShipEnvError, hasCode } from '../../errors.js';
import { NotRegular, openRegular, openRegularHere } from '../../system/files/open.js';
import { piecesOf, piecesOfHere } from '../../system/files/pieces.js';
import { FILE_KINDS, UnusableFile } from '../../system/files/read.js';

/** Up to this size a file is read at once: its four trips through Node's thread pool take several times as long. */
const AT_ONCE_BYTES = 512 * 1024;

/** What the snapshot saw of a file. */
export interface SeenFile {
  readonly source: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * A script or a metadata file, whole, when it still is what the snapshot saw.
 *
 * @throws UnusableFile when it was too large for one; ShipEnvError ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE
 */
export async function readSeenFile(file: SeenFile, signal: AbortSignal | undefined): Promise<Buffer> {
  const kind = FILE_KINDS.metadata;
  if (file.size > kind.limit) throw new UnusableFile(file.source, kind, `it has ${prettyBytes(file.size)}`);
  const data = await contentOf(file, signal).catch((error: unknown) => {
    throw readError(file, error);
  });
  if (data.length !== file.size || createHash('sha256').update(data).digest('hex') !== file.sha256) throw changed(file);
  return data;
}

async function contentOf({ source, size }: SeenFile, signal: AbortSignal | undefined): Promise<Buffer> {
  // One byte more than there should be: then it has changed, however large it is now.
  const most = size + 1;
  const whole = Buffer.allocUnsafe(most);
  let filled = 0;
  if (size > AT_ONCE_BYTES) {
    const handle = await openRegular(source);
    try {
      for await (const piece of piecesOf(handle, { size, most, signal })) filled += piece.copy(whole, filled);
    } finally {
      await handle.close();
    }
  } else {
    const { file } = openRegularHere(source);
    try {
      for (const piece of piecesOfHere(file, { size, most })) filled += piece.copy(whole, filled);
    } finally {
      closeSync(file);
    }
  }
  return whole.subarray(0, filled);
}

/** Does the file begin with `#!`? Reads no more than that. */
export async function isShebangFile(file: SeenFile): Promise<boolean> {
  try {
    const handle = await openRegular(file.source);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer.toString('latin1') === '#!';
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readError(file, error);
  }
}

/** The error for a file whose content is no longer what the snapshot saw. */
export function changed(file: SeenFile, cause?: unknown): ShipEnvError {
  return new ShipEnvError(
    'ARTIFACT_FILE_CHANGED',
    `${file.source} was expected to have the content that the snapshot saw (sha256 ${file.sha256}, ${file.size} bytes); it has changed since.`,
    { hint: 'Wait until nothing installs into the environment any more, then ship again.', cause }
  );
}

/** What a failed read means to the person; an abort stays what it is. */
export function readError(file: SeenFile, error: unknown): unknown {
  // The snapshot saw a regular file.
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR') || error instanceof NotRegular) return changed(file, error);
  if (!hasCode(error, 'EACCES', 'EPERM', 'EIO', 'ELOOP')) return error;
  return new ShipEnvError('SNAPSHOT_UNREADABLE', `${file.source} belongs to the environment and could not be read.`, {
    hint: 'Make the file readable for the user who ships, or exclude the package that it belongs to.',
    cause: error
  });
}
