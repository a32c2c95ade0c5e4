import { chmod, link, lstat, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../errors.js';
import { leftoversIn } from '../../system/process/leftovers.js';
import { piecesOf } from '../../payloads/pieces.js';
import { assertDigest } from '../../payloads/read.js';
import { SpanReader } from '../../payloads/span-reader.js';
import type { Payload, SpannedPayload } from '../../payloads/payload.js';
import { ownedPart, temporaryName } from '../temporaries.js';

/** Executors run as other users: shipped files must be readable for them, whatever the umask of this process is. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
/** Executors that see the directory run the artifact directly from it. */
const PROGRAM_MODE = 0o755;

/** Errors of link(2) on file systems without hard links: vfat, some FUSE and SMB mounts. */
const NO_HARD_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];
/** Errors of fsync(2) on file systems that cannot sync a directory. */
const NO_DIRECTORY_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EISDIR', 'EBADF'];

/**
 * Makes a directory and its missing parents, readable for all; existing directories stay as they are.
 *
 * Makes one directory at a time: with `recursive`, Node reports a read-only file system as ENOENT.
 */
export async function makeSharedDirectory(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeSharedDirectory(dirname(path));
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, DIRECTORY_MODE);
    // The umask may have removed permissions.
    await chmod(path, DIRECTORY_MODE);
  } catch (error) {
    if (!hasCode(error, 'EEXIST') || !(await stat(path)).isDirectory()) throw error;
  }
}

/**
 * Path of a hidden file beside another one, which holds its content while it is written. The name tells which process
 * writes it.
 */
export function temporaryBeside(path: string): string {
  return join(dirname(path), temporaryName(basename(path)));
}

/**
 * Writes a payload to a hidden file in the directory, synced to disk; nothing is left when it fails.
 *
 * @returns the file's path, and the facts about its content
 * @throws ShipEnvError CACHE_UNUSABLE when the payload is not what its digest says; the signal's reason when aborted
 */
export async function writeTemporary(
  directory: string,
  payload: SpannedPayload,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void
): Promise<{ path: string; facts: Pick<Payload, 'bytes' | 'sha256'> }> {
  const path = temporaryBeside(join(directory, payload.name));
  try {
    const file = await open(path, 'wx', FILE_MODE);
    try {
      const facts = await writeSpans(payload, file, signal, onProgress);
      await file.chmod(payload.isExecutable === true ? PROGRAM_MODE : FILE_MODE);
      await file.sync();
      return { path, facts };
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/**
 * Gives a finished file its name, unless the name is taken.
 *
 * link(2) is atomic and never overwrites. Where there are no hard links, a check and a rename replace it: when two
 * ships write at the same instant, the later one replaces a file by one of the same content. A reader keeps the file
 * that it opened.
 *
 * @returns false when the name is taken
 */
export async function publishFile(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, ...NO_HARD_LINKS)) throw error;
    if (await exists(path)) return false;
    await rename(temporary, path);
  }
  await syncDirectory(dirname(path));
  return true;
}

/**
 * Removes temporary files that killed processes left in the directory. Best effort: a file that someone else owns or
 * removes first is not an error.
 *
 * @param written - a file in the directory that was written just now: its date tells the time of the file system, which
 *   may differ from this machine's
 */
export async function removeStaleTemporaries(directory: string, written: string): Promise<void> {
  const { mtimeMs } = await lstat(written);
  await removeAll(leftoversIn(directory, mtimeMs, ownedPart));
}

/**
 * Like {@link removeStaleTemporaries}, for a folder that is not a target: removes only what killed processes of this
 * machine left.
 */
export async function removeOwnTemporaries(directory: string): Promise<void> {
  // With this time no file counts as old, so a file of an unknown process stays.
  await removeAll(leftoversIn(directory, -Infinity, ownedPart));
}

async function removeAll(paths: AsyncIterable<string>): Promise<void> {
  for await (const path of paths) {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/**
 * Writes a payload to an open file, front to back.
 *
 * @throws ShipEnvError CACHE_UNUSABLE when its bytes are not what its name says; the signal's reason when aborted
 */
export async function writeSpans(
  payload: SpannedPayload,
  file: FileHandle,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void
): Promise<Pick<Payload, 'bytes' | 'sha256'>> {
  const reader = new SpanReader();
  for await (const piece of piecesOf(payload, reader, signal)) {
    await writeAll(file, piece);
    onProgress?.(reader.position);
  }
  const facts = { bytes: reader.position, sha256: reader.sha256() };
  assertDigest(payload, facts.sha256);
  return facts;
}

/** Writes the whole chunk: write(2) may take only a part of it, mostly on a disk that is nearly full. */
async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length;) offset += (await file.write(chunk, offset)).bytesWritten;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    if (!hasCode(error, ...NO_DIRECTORY_SYNC)) throw error;
  } finally {
    await directory.close();
  }
}
