import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hasCode } from '../errors.js';
import { isNothing, orNothing } from '../system/files/nothing.js';
import { type FileKind, readBounded } from '../system/files/read.js';
import { currentLooks } from './looks.js';
import { statHere, targetHere } from './stat-files.js';
import { compareText } from '../text/compare.js';

/**
 * The content of a file of that kind, undefined when it is not there.
 *
 * @throws UnusableFile when it is not what its kind asks for
 */
export async function readOptional(path: string, kind: FileKind): Promise<Buffer | undefined> {
  noteFile(path);
  return orNothing(readBounded(path, kind));
}

/** The entries of a directory sorted by name; none when it is not there. */
export async function listDirectory(path: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    entries.sort((left, right) => compareText(left.name, right.name));
    currentLooks()?.addAnswer('listing', path, listingText(entries));
    return entries;
  } catch (error) {
    if (!isNothing(error)) throw error;
    currentLooks()?.addAnswer('listing', path, listingText([]));
    return [];
  }
}

/** Stands for the names in a directory, and what they are. */
export function listingText(entries: readonly Dirent[]): string {
  const hash = createHash('sha256');
  for (const entry of entries) {
    const kind = entry.isDirectory() ? 'd' : entry.isSymbolicLink() ? 'l' : entry.isFile() ? 'f' : 'o';
    // No name holds a slash.
    hash.update(`${kind}${entry.name}/`);
  }
  return hash.digest('base64url');
}

/** Where a symbolic link points, undefined when the path is not one. */
export async function linkTarget(path: string): Promise<string | undefined> {
  noteFile(path);
  try {
    return resolve(dirname(path), await readlink(path));
  } catch (error) {
    if (isNothing(error) || hasCode(error, 'EINVAL')) return undefined;
    throw error;
  }
}

/** Before it is read: what changes meanwhile then differs from what is noted. */
function noteFile(path: string): void {
  const looks = currentLooks();
  if (looks === undefined) return;
  const own = statHere(path);
  looks.addFile(path, own, own?.isSymbolicLink() === true ? targetHere(path) : undefined);
}

/** What a path is once links are followed; undefined when there is nothing. */
export async function kindOf(path: string): Promise<'file' | 'directory' | 'other' | undefined> {
  const info = await orNothing(stat(path));
  const kind = info && (info.isDirectory() ? 'directory' : info.isFile() ? 'file' : 'other');
  currentLooks()?.addAnswer('kind', path, kind ?? '');
  return kind;
}

/** `realpath`, or undefined when there is nothing. */
export async function realpathOptional(path: string): Promise<string | undefined> {
  const real = await orNothing(realpath(path));
  currentLooks()?.addAnswer('real-path', path, real ?? '');
  return real;
}

/**
 * Every file below a directory, relative to it and `/`-separated, in a fixed order. Links are followed, but not in a
 * circle. `enter` says whether to go into a directory.
 */
export async function* walkFiles(
  directory: string,
  enter: (name: string, path: string) => boolean,
  above: readonly string[] = []
): AsyncGenerator<string> {
  const real = await realpathOptional(directory);
  if (real === undefined || above.includes(real)) return;
  for (const entry of await listDirectory(directory)) {
    const path = join(directory, entry.name);
    const kind = entry.isSymbolicLink() ? await kindOf(path) : entry.isDirectory() ? 'directory' : 'file';
    if (kind === 'directory') {
      if (!enter(entry.name, path)) continue;
      for await (const below of walkFiles(path, enter, [...above, real])) yield `${entry.name}/${below}`;
    } else if (kind !== undefined) {
      yield entry.name;
    }
  }
}
