import { randomUUID } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../errors.js';
import { leftoversIn } from '../../system/process/leftovers.js';
import { ownerName } from '../../system/process/owner.js';
import { assertDigest } from '../../payloads/read.js';
import { SpanReader } from '../../payloads/span-reader.js';
import type { Payload, SpannedPayload } from '../../payloads/payload.js';

/** Executors run as other users: what ships must be readable for them, whatever this process's umask. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
/** Executors that see the directory run the artifact where it lies. */
const PROGRAM_MODE = 0o755;

/** What link(2) answers where a file system has no hard links: vfat, some FUSE and SMB mounts. */
const NO_HARD_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];
/** What fsync(2) of a directory answers where a file system cannot do it. */
const NO_DIRECTORY_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EISDIR', 'EBADF'];

/** `.<object>.<uuid>.tmp`, or with its writer `.<owner>.<object>.<uuid>.tmp`. */
const TEMPORARY = /^\.(?<owned>.+)\.[0-9a-f-]{36}\.tmp$/u;

/**
 * Makes a directory and those above it that are missing, open to readers; existing ones stay as they are.
 *
 * Step by step: with `recursive`, Node reports a read-only file system as ENOENT.
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
    // The umask may have taken rights away.
    await chmod(path, DIRECTORY_MODE);
  } catch (error) {
    if (!hasCode(error, 'EEXIST') || !(await stat(path)).isDirectory()) throw error;
  }
}

/** A hidden file beside another one, for its content while it is written: its name tells who writes it. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${ownerName()}.${basename(path)}.${randomUUID()}.tmp`);
}

/**
 * Writes a payload to a hidden file in the directory, synced to disk; nothing is left when it fails.
 *
 * @returns the file's path, and what it holds
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
 * link(2) is atomic and never overwrites. Where there are no hard links, a look and a rename must do: of two ships in
 * the same instant the later one then replaces a file by one of the same content, and a reader keeps the one it opened.
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
 * Removes what killed processes left in the directory. Best effort: a file that someone else owns or removes first is no
 * failure.
 *
 * @param written - a file in the directory that was written just now: its date is the time of the file system, which may
 *   be another one than this machine's
 */
export async function removeStaleTemporaries(directory: string, written: string): Promise<void> {
  const { mtimeMs } = await lstat(written);
  await removeAll(leftoversIn(directory, mtimeMs, ownedPart));
}

/** As {@link removeStaleTemporaries}, but only what killed processes of this machine left: in a folder that is no target. */
export async function removeOwnTemporaries(directory: string): Promise<void> {
  // By this clock no file is old: the file of an unknown process stays.
  await removeAll(leftoversIn(directory, -Infinity, ownedPart));
}

function ownedPart(name: string): string | undefined {
  return TEMPORARY.exec(name)?.groups?.['owned'];
}

async function removeAll(paths: AsyncIterable<string>): Promise<void> {
  for await (const path of paths) {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/**
 * Writes a payload to an open file, front to back.
 *
 * @throws ShipEnvError CACHE_UNUSABLE when it is not what its name promises; the signal's reason when aborted
 */
export async function writeSpans(
  payload: SpannedPayload,
  file: FileHandle,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void
): Promise<Pick<Payload, 'bytes' | 'sha256'>> {
  const reader = new SpanReader();
  let end = 0;
  for await (const span of payload.spans()) {
    reader.add(span);
    end += span.bytes;
    for await (const piece of reader.pieces(end, signal)) {
      await writeAll(file, piece);
      onProgress?.(reader.position);
    }
  }
  const facts = { bytes: end, sha256: reader.sha256() };
  assertDigest(payload, facts.sha256);
  return facts;
}

/** write(2) may take less than it is given, most of all on a disk that is about to be full. */
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
