import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDead } from './owner.js';

/** A file of another machine counts as left behind when nothing was added to it for a day: no ship takes so long. */
const STALE_MS = 24 * 60 * 60 * 1000;

/**
 * The temporary files that killed processes left in a folder. The name of a file tells its process ({@link isDead}); of a
 * process on another machine only the file's age tells something.
 *
 * @param now - by the clock that dates the files; milliseconds since the epoch
 * @param ownedPart - of a file's name, what begins with its owner; undefined of a file that is not temporary
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
