import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { HashStore } from './hash-store.js';
import { type Disk, type VisitStats, statEach } from './stat-files.js';

/** A file that a distribution says it has. */
export interface FileClaim {
  readonly absolute: string;
  /** Of RECORD, when it tells. */
  readonly sha256?: string;
  readonly size?: number;
  /** Times of the RECORD that tells it. */
  readonly recordTimes?: RecordTimes;
}

/** When RECORD was written, in milliseconds. */
export interface RecordTimes {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** What is on disk now. */
export type FileState =
  | { readonly kind: 'file'; readonly size: number; readonly sha256: string; readonly executable: boolean }
  | { readonly kind: 'missing' }
  /** A device, pipe or socket, which is never opened. */
  | { readonly kind: 'special' }
  | { readonly kind: 'directory' };

const CONCURRENT_READS = 8;
const READ_BYTES = 256 * 1024;

/**
 * The identity of each file, in the order of the claims, reading as little content as can be.
 *
 * RECORD's hash is taken over when the size is RECORD's and mtime and ctime are earlier than RECORD's own: an
 * installer writes RECORD last, so a later change of content, mode or links means a second look, and so does one in
 * the same tick of the clock, which could be either. Then the content is hashed, once: the store remembers it.
 */
export async function identifyFiles(
  claims: readonly FileClaim[],
  store: HashStore,
  options: {
    signal: AbortSignal;
    onProgress?: (done: number, total: number) => void;
    /** Called with what the disk says of each claim. */
    onLook?: (...stats: Parameters<VisitStats>) => void;
    disk?: Disk;
  }
): Promise<FileState[]> {
  const states: FileState[] = [];
  const unvouched: Unvouched[] = [];
  const paths = claims.map(claim => claim.absolute);
  await statEach(
    paths,
    options.signal,
    (own, target, index) => {
      const claim = claims[index];
      if (claim === undefined) return false;
      options.onLook?.(own, target, index);
      const state = stateByRecord(claim, own, target);
      if ('unvouched' in state) unvouched.push({ claim, index, stats: state.unvouched });
      states.push('unvouched' in state ? MISSING : state);
      return true;
    },
    options.disk
  );
  const unread = await recall(unvouched, states, store);
  let done = claims.length - unread.length;
  options.onProgress?.(done, claims.length);
  const limit = pLimit(CONCURRENT_READS);
  const read = unread.map(({ claim, index }) =>
    limit(async () => {
      options.signal.throwIfAborted();
      states[index] = await hashFile(claim.absolute, store);
      options.onProgress?.(++done, claims.length);
    })
  );
  await Promise.all(read);
  return states;
}

const MISSING: FileState = { kind: 'missing' };

/** A file that RECORD does not vouch for. */
interface Unvouched {
  readonly claim: FileClaim;
  readonly index: number;
  readonly stats: Stats;
}

/** @returns the stats when there is a file that RECORD does not vouch for */
function stateByRecord(
  claim: FileClaim,
  own: Stats | undefined,
  target: Stats | undefined
): FileState | { readonly unvouched: Stats } {
  const isLink = own?.isSymbolicLink() === true;
  const stats = isLink ? target : own;
  if (stats === undefined) return MISSING;
  if (stats.isDirectory()) return { kind: 'directory' };
  if (!stats.isFile()) return { kind: 'special' };
  const isVouched = !isLink && claim.sha256 !== undefined && isAsRecorded(claim, stats);
  return isVouched ? toState(stats, claim.sha256) : { unvouched: stats };
}

/** Fills in the states of files that were hashed before and did not change since; returns the others. */
async function recall(
  unvouched: readonly Unvouched[],
  states: FileState[],
  store: HashStore
): Promise<readonly Unvouched[]> {
  if (unvouched.length === 0) return unvouched;
  await store.load();
  return unvouched.filter(({ claim, index, stats }) => {
    const sha256 = store.get(claim.absolute, stats);
    if (sha256 !== undefined) states[index] = toState(stats, sha256);
    return sha256 === undefined;
  });
}

/** @param stats - of no link: it can be pointed at another, older file without any time of that file changing */
function isAsRecorded({ size, recordTimes }: FileClaim, stats: Stats): boolean {
  if (size === undefined || recordTimes === undefined) return false;
  return stats.size === size && stats.mtimeMs < recordTimes.mtimeMs && stats.ctimeMs < recordTimes.ctimeMs;
}

async function hashFile(path: string, store: HashStore): Promise<FileState> {
  const startedMs = Date.now();
  const file = await open(path, 'r');
  try {
    const before = await file.stat();
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, before.size + 1));
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
    const sha256 = hash.digest('hex');
    const after = await file.stat();
    if (after.ctimeMs === before.ctimeMs && after.size === size) store.set(path, after, sha256, startedMs);
    return { ...toState(after, sha256), size };
  } finally {
    await file.close();
  }
}

function toState(stats: Stats, sha256: string): FileState & { kind: 'file' } {
  return { kind: 'file', size: stats.size, sha256, executable: (stats.mode & 0o111) !== 0 };
}
