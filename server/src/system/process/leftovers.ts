import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDead } from './owner.js';

/** A file of another machine counts as left behind when nothing was added to it for a day: no ship takes so long. */
export const STALE_MS = 24 * 60 * 60 * 1000;

/**
 * The temporary files that killed processes left in a folder. The file name contains the process ({@link isDead}). When the
 * process is on another machine, the file's age decides.
 *
 * @param now - time of the clock that dates the files, in milliseconds since the epoch
 * @param ownedPart - the part of a file's name that begins with its owner; undefined when the file is not temporary
 */
export async function* leftoversIn(
  folder: string,
  now: number,
  ownedPart: (name: string) => string | undefined = name => name
): AsyncGenerator<string> {
  for (const name of await readdir(folder)) {
    const owned = ownedPart(name);
    const path = join(folder, name);
    if (owned !== undefined && ((await isDead(owned)) ?? (await isStale(path, now)))) yield path;
  }
}

async function isStale(path: string, now: number): Promise<boolean> {
  const info = await lstat(path).catch(() => undefined);
  return info !== undefined && now - info.mtimeMs > STALE_MS;
}
