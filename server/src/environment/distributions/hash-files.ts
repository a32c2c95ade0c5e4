import { createHash } from 'node:crypto';
import { type Stats, closeSync, fstatSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { openRegular, openRegularSync } from '../../system/files/open.js';
import { piecesOf, piecesOfSync } from '../../system/files/pieces.js';
import type { Disk } from '../../system/files/stat-files.js';

const CONCURRENT_READS = 8;
/** A file up to this size is read in this thread: four calls to Node's file threads take several times as long. */
const AT_ONCE_BYTES = 64 * 1024;
/** Milliseconds after which other work of this thread may go on. */
const TURN_MS = 10;

/** The digest of a file, and its stats before and after it was read. */
export interface HashedFile {
  readonly sha256: string;
  /** Bytes that were read. */
  readonly size: number;
  readonly before: Stats;
  readonly after: Stats;
  /** When reading began, in milliseconds since 1970. */
  readonly startedMs: number;
}

/**
 * Computes the sha256 of many regular files.
 *
 * @param files - with the stats that were found for each
 * @param disk - when the disk is slow, Node's file threads read several files at a time
 * @param onHashed - called once for each file, in any order
 * @throws the signal's reason when it is aborted; what the disk fails with
 */
export async function hashEach<File extends { readonly path: string; readonly stats: Stats }>(
  files: readonly File[],
  { signal, disk }: { readonly signal: AbortSignal; readonly disk: Disk },
  onHashed: (file: File, hashed: HashedFile) => void
): Promise<void> {
  const limit = pLimit(CONCURRENT_READS);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const reading: Promise<void>[] = [];
  let turnedMs = performance.now();
  try {
    for (const file of files) {
      stop.throwIfAborted();
      if (file.stats.size > AT_ONCE_BYTES || disk.isSlow) {
        const read = limit(async () => {
          stop.throwIfAborted();
          onHashed(file, await hashInThreads(file.path));
        });
        read.catch((error: unknown) => failed.abort(error));
        reading.push(read);
      } else {
        onHashed(file, hashHere(file.path, disk));
      }
      if (performance.now() - turnedMs < TURN_MS) continue;
      await turn();
      turnedMs = performance.now();
    }
    await Promise.all(reading);
  } catch (error) {
    // Stop the reads that still run.
    failed.abort(error);
    throw error;
  }
}

function hashHere(path: string, disk: Disk): HashedFile {
  const startedMs = Date.now();
  const began = performance.now();
  const { file, stats: before } = openRegularSync(path);
  try {
    const hash = createHash('sha256');
    let size = 0;
    for (const piece of piecesOfSync(file, { size: before.size })) {
      hash.update(piece);
      size += piece.length;
    }
    return { sha256: hash.digest('hex'), size, before, after: fstatSync(file), startedMs };
  } finally {
    closeSync(file);
    disk.add(1, performance.now() - began);
  }
}

async function hashInThreads(path: string): Promise<HashedFile> {
  const startedMs = Date.now();
  const file = await openRegular(path);
  try {
    const before = await file.stat();
    const hash = createHash('sha256');
    let size = 0;
    for await (const piece of piecesOf(file, { size: before.size })) {
      hash.update(piece);
      size += piece.length;
    }
    return { sha256: hash.digest('hex'), size, before, after: await file.stat(), startedMs };
  } finally {
    await file.close();
  }
}
