import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../errors.js';
import { isDead } from '../process/owner.js';

/** A temporary file of another machine is a leftover when it is older than any build. */
const STALE_TEMPORARY_MS = 24 * 60 * 60 * 1000;

/** What someone else made meanwhile is as good. */
export function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}

/**
 * Removes the temporary files of processes that were killed. The name of a file tells its process ({@link isDead}); of a
 * process on another machine only the file's age tells something.
 */
export async function removeStaleTemporaries(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    // What cannot be removed now is tried again at the next start.
    if ((await isDead(name)) ?? (await isOld(path)))
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isOld(path: string): Promise<boolean> {
  const info = await lstat(path).catch(() => undefined);
  return info !== undefined && info.mtimeMs < Date.now() - STALE_TEMPORARY_MS;
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
