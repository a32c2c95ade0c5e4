import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import prettyBytes from 'pretty-bytes';
import { ShipEnvError, hasCode } from '../../errors.js';
import { NotRegular, openRegular, openRegularSync } from '../../system/files/open.js';
import { piecesOf, piecesOfSync } from '../../system/files/pieces.js';
import { FILE_KINDS, UnusableFile } from '../../system/files/read.js';

/** A file up to this size is read synchronously: four calls to Node's thread pool take several times as long. */
const AT_ONCE_BYTES = 512 * 1024;

/** A file as the snapshot saw it. */
export interface SeenFile {
  readonly source: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * Reads a whole script or metadata file, and checks that it is as the snapshot saw it.
 *
 * @throws UnusableFile when the file is too large; ShipEnvError ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE
 */
export async function readSeenFile(file: SeenFile, signal: AbortSignal | undefined): Promise<Buffer> {
  const kind = FILE_KINDS.metadata;
  if (file.size > kind.limit) throw new UnusableFile(file.source, kind, `it has ${prettyBytes(file.size)}`);
  const data = await contentOf(file, signal).catch((error: unknown) => {
    throw readError(file, error);
  });
  if (data.length !== file.size || createHash('sha256').update(data).digest('hex') !== file.sha256)
    throw fileChanged(file);
  return data;
}

async function contentOf({ source, size }: SeenFile, signal: AbortSignal | undefined): Promise<Buffer> {
  // One byte more than expected shows that the file has grown.
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
    const { file } = openRegularSync(source);
    try {
      for (const piece of piecesOfSync(file, { size, most })) filled += piece.copy(whole, filled);
    } finally {
      closeSync(file);
    }
  }
  return whole.subarray(0, filled);
}

/** Whether the file begins with `#!`. Only these two bytes are read. */
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

/** The error for a file that changed after the snapshot. */
export function fileChanged(file: SeenFile, cause?: unknown): ShipEnvError {
  return new ShipEnvError(
    'ARTIFACT_FILE_CHANGED',
    `${file.source} was expected to have the content that the snapshot saw (sha256 ${file.sha256}, ${file.size} bytes); it has changed since.`,
    { hint: 'Wait until nothing installs into the environment any more, then ship again.', cause }
  );
}

/** Translates the error of a read for the person. Other errors, such as an abort, are returned unchanged. */
export function readError(file: SeenFile, error: unknown): unknown {
  // The snapshot saw a regular file here, so it has changed.
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR') || error instanceof NotRegular) return fileChanged(file, error);
  if (!hasCode(error, 'EACCES', 'EPERM', 'EIO', 'ELOOP')) return error;
  return new ShipEnvError('SNAPSHOT_UNREADABLE', `${file.source} belongs to the environment and could not be read.`, {
    hint: 'Make the file readable for the user who ships, or exclude the package that it belongs to.',
    cause: error
  });
}
