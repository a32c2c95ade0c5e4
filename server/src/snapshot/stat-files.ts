import { type Stats, lstat, stat } from 'node:fs';
import { hasCode } from '../errors.js';

/** Enough to keep Node's four file threads busy, few enough to stay cancellable. */
const BATCH = 512;

/** What the disk says of one path; `stats` follow links. */
export interface FileStat {
  readonly isLink: boolean;
  readonly stats: Stats;
}

/**
 * The stats of many files in their order, undefined for a file that is not there or a link to nothing.
 *
 * Callbacks in batches: 30,000 files took 0.1 s, against 0.3 s with promises and 0.5 s with a limiter. Times come as
 * milliseconds with a resolution of a quarter of a microsecond; nanoseconds as BigInt cost more than the stat itself.
 */
export async function statFiles(paths: readonly string[], signal: AbortSignal): Promise<(FileStat | undefined)[]> {
  const found: (FileStat | undefined)[] = [];
  for (let start = 0; start < paths.length; start += BATCH) {
    signal.throwIfAborted();
    found.push(...(await Promise.all(paths.slice(start, start + BATCH).map(statFile))));
  }
  return found;
}

function statFile(path: string): Promise<FileStat | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null, found: FileStat): void => {
      if (error === null) resolve(found);
      else if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) resolve(undefined);
      else reject(error);
    };
    lstat(path, (error, own) => {
      if (error !== null || !own.isSymbolicLink()) settle(error, { isLink: false, stats: own });
      else stat(path, (linkError, stats) => settle(linkError, { isLink: true, stats }));
    });
  });
}
