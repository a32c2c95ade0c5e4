import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../errors.js';
import { leftoversIn } from '../process/leftovers.js';

/** Ignores EEXIST: what another process made meanwhile is as good. */
export function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}

/** Removes the temporary files of killed processes. A file that cannot be removed now is tried again at the next start. */
export async function removeLeftovers(folder: string): Promise<void> {
  for await (const path of leftoversIn(folder, Date.now())) {
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Makes a folder and its parents, private to the user. Node's own recursive mkdir never ends below /proc. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    // Another process may have made the folder meanwhile.
    await mkdir(path, { mode: 0o700 }).catch(ignoreExisting);
  }
}
