import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { HashStore } from './hash-store.js';
import { type FileStat, statFiles } from './stat-files.js';

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
  options: { signal: AbortSignal; onProgress?: (done: number, total: number) => void }
): Promise<FileState[]> {
  const found = await statFiles(
    claims.map(claim => claim.absolute),
    options.signal
  );
  let done = 0;
  const advance = (): void => options.onProgress?.(++done, claims.length);
  const limit = pLimit(CONCURRENT_READS);
  return Promise.all(
    claims.map(async (claim, index) => {
      const state = stateWithoutReading(claim, found[index], store);
      if (state !== undefined) {
        advance();
        return state;
      }
      return limit(async () => {
        options.signal.throwIfAborted();
        const hashed = await hashFile(claim.absolute, store);
        advance();
        return hashed;
      });
    })
  );
}

function stateWithoutReading(claim: FileClaim, found: FileStat | undefined, store: HashStore): FileState | undefined {
  if (found === undefined) return { kind: 'missing' };
  const { stats } = found;
  if (stats.isDirectory()) return { kind: 'directory' };
  if (!stats.isFile()) return { kind: 'special' };
  const sha256 = isAsRecorded(claim, found) ? claim.sha256 : store.get(claim.absolute, stats);
  return sha256 === undefined ? undefined : toState(stats, sha256);
}

function isAsRecorded({ size, recordTimes }: FileClaim, { isLink, stats }: FileStat): boolean {
  // A link can be pointed at another, older file without any time of that file changing.
  if (isLink || size === undefined || recordTimes === undefined) return false;
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
