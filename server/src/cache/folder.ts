import { lstat, mkdir, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../errors.js';

/** Leftovers of a killed process are older than any build. */
const STALE_TEMPORARY_MS = 24 * 60 * 60 * 1000;

/** What someone else made meanwhile is as good. */
export function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}

/** Of processes that were killed. */
export async function removeStaleTemporaries(directory: string): Promise<void> {
  const before = Date.now() - STALE_TEMPORARY_MS;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const info = await lstat(path).catch(() => undefined);
    if (info !== undefined && info.mtimeMs < before) await unlink(path).catch(() => undefined);
  }
}

/** A folder and those above it, private. Node's own recursive mkdir never ends below /proc, where there is nothing to make. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    // Another one may have made it meanwhile.
    await mkdir(path, { mode: 0o700 }).catch(ignoreExisting);
  }
}
