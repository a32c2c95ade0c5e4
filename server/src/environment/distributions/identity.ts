import type { Stats } from 'node:fs';
import { hashEach } from './hash-files.js';
import type { HashStore } from './hash-store.js';
import { Disk, type VisitStats, statEach } from '../../system/files/stat-files.js';
import { isExecutable } from '../../system/files/modes.js';

/** A file that a distribution says it has. */
export interface FileClaim {
  readonly absolute: string;
  /** RECORD's hash, if it has one. */
  readonly sha256?: string;
  readonly size?: number;
  /** Times of that RECORD. */
  readonly recordTimes?: RecordTimes;
}

/** When RECORD was written, in milliseconds. */
export interface RecordTimes {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** What is at a path now. */
export type FoundFile =
  | { readonly kind: 'file'; readonly size: number; readonly sha256: string; readonly executable: boolean }
  | { readonly kind: 'missing' }
  /** A device, pipe or socket. It is never opened. */
  | { readonly kind: 'special' }
  | { readonly kind: 'directory' };

/**
 * The identity of each file, in the order of the claims. As little content as possible is read.
 *
 * RECORD's hash is used when the size is the same and the file's mtime and ctime are earlier than RECORD's own: an installer
 * writes RECORD last. A file that changed later, or in the same clock tick as RECORD, is hashed, and the store remembers the
 * hash.
 */
export async function identifyFiles(
  claims: readonly FileClaim[],
  store: HashStore,
  {
    signal,
    onProgress,
    onLook,
    disk = new Disk()
  }: {
    signal: AbortSignal;
    onProgress?: (done: number, total: number) => void;
    /** Called with the stats of each claim. */
    onLook?: (...stats: Parameters<VisitStats>) => void;
    disk?: Disk;
  }
): Promise<FoundFile[]> {
  const foundFiles: FoundFile[] = [];
  const unvouched: Unvouched[] = [];
  const visit: VisitStats = (own, target, index) => {
    const claim = claims[index];
    if (claim === undefined) return false;
    onLook?.(own, target, index);
    const found = foundByRecord(claim, own, target);
    if ('unvouched' in found) unvouched.push({ path: claim.absolute, index, stats: found.unvouched });
    foundFiles.push('unvouched' in found ? MISSING : found);
    return true;
  };
  const paths = claims.map(claim => claim.absolute);
  await statEach(paths, signal, visit, disk);
  const unread = await recall(unvouched, foundFiles, store);
  let done = claims.length - unread.length;
  onProgress?.(done, claims.length);
  await hashEach(unread, { signal, disk }, ({ path, index }, { sha256, size, before, after, startedMs }) => {
    if (after.ctimeMs === before.ctimeMs && after.size === size) store.set(path, after, sha256, startedMs);
    foundFiles[index] = { ...toFoundFile(after, sha256), size };
    onProgress?.(++done, claims.length);
  });
  return foundFiles;
}

const MISSING: FoundFile = { kind: 'missing' };

/** A file whose hash cannot be taken from RECORD. */
interface Unvouched {
  readonly path: string;
  /** Index of its claim. */
  readonly index: number;
  readonly stats: Stats;
}

/** @returns the stats when the path is a file that RECORD does not vouch for */
function foundByRecord(
  claim: FileClaim,
  own: Stats | undefined,
  target: Stats | undefined
): FoundFile | { readonly unvouched: Stats } {
  const isLink = own?.isSymbolicLink() === true;
  const stats = isLink ? target : own;
  if (stats === undefined) return MISSING;
  if (stats.isDirectory()) return { kind: 'directory' };
  if (!stats.isFile()) return { kind: 'special' };
  const isVouched = !isLink && claim.sha256 !== undefined && isAsRecorded(claim, stats);
  return isVouched ? toFoundFile(stats, claim.sha256) : { unvouched: stats };
}

/** Fills in what is known about files that were hashed before and are unchanged; returns the other files. */
async function recall(
  unvouched: readonly Unvouched[],
  foundFiles: FoundFile[],
  store: HashStore
): Promise<readonly Unvouched[]> {
  if (unvouched.length === 0) return unvouched;
  await store.load();
  return unvouched.filter(({ path, index, stats }) => {
    const sha256 = store.get(path, stats);
    if (sha256 !== undefined) foundFiles[index] = toFoundFile(stats, sha256);
    return sha256 === undefined;
  });
}

/** @param stats - not those of a link: a link can be changed to another file whose times are old */
function isAsRecorded({ size, recordTimes }: FileClaim, stats: Stats): boolean {
  if (size === undefined || recordTimes === undefined) return false;
  return stats.size === size && stats.mtimeMs < recordTimes.mtimeMs && stats.ctimeMs < recordTimes.ctimeMs;
}

function toFoundFile(stats: Stats, sha256: string): FoundFile & { kind: 'file' } {
  return { kind: 'file', size: stats.size, sha256, executable: isExecutable(stats.mode) };
}
