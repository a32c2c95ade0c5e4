import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hasCode } from '../errors.js';
import { isNothing, orNothing } from '../system/files/nothing.js';
import { type FileKind, readBounded } from '../system/files/read.js';
import { currentLooks } from './looks.js';
import { ownStatsSync, targetStatsSync } from '../system/files/stat-files.js';
import { compareText } from '../text/compare.js';

/**
 * The content of a file; undefined when it does not exist.
 *
 * @throws UnusableFile when the file does not have the properties of its kind
 */
export async function readOptional(path: string, kind: FileKind): Promise<Buffer | undefined> {
  noteFile(path);
  return orNothing(readBounded(path, kind));
}

/** The entries of a directory, sorted by name; none when the directory does not exist. */
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

/** A digest of the names in a directory, and the kind of each. */
export function listingText(entries: readonly Dirent[]): string {
  const hash = createHash('sha256');
  for (const entry of entries) {
    const kind = entry.isDirectory() ? 'd' : entry.isSymbolicLink() ? 'l' : entry.isFile() ? 'f' : 'o';
    // No name contains a slash.
    hash.update(`${kind}${entry.name}/`);
  }
  return hash.digest('base64url');
}

/** The target of a symbolic link; undefined when the path is not a link. */
export async function linkTarget(path: string): Promise<string | undefined> {
  noteFile(path);
  try {
    return resolve(dirname(path), await readlink(path));
  } catch (error) {
    if (isNothing(error) || hasCode(error, 'EINVAL')) return undefined;
    throw error;
  }
}

/** Notes the state of a file. It must run before the file is read, so that a change meanwhile differs from the note. */
function noteFile(path: string): void {
  const looks = currentLooks();
  if (looks === undefined) return;
  const own = ownStatsSync(path);
  looks.addFile(path, own, own?.isSymbolicLink() === true ? targetStatsSync(path) : undefined);
}

/** What a path is after links are followed; undefined when nothing is there. */
export async function kindAt(path: string): Promise<'file' | 'directory' | 'other' | undefined> {
  const info = await orNothing(stat(path));
  const kind = info && (info.isDirectory() ? 'directory' : info.isFile() ? 'file' : 'other');
  currentLooks()?.addAnswer('kind', path, kind ?? '');
  return kind;
}

/** `realpath`; undefined when nothing is there. */
export async function realpathOptional(path: string): Promise<string | undefined> {
  const real = await orNothing(realpath(path));
  currentLooks()?.addAnswer('real-path', path, real ?? '');
  return real;
}

/**
 * Every file below a directory, in a fixed order. The paths are relative to the directory and `/`-separated. Links are
 * followed, but not in a circle. `enter` decides whether a directory is entered.
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
    const kind = entry.isSymbolicLink() ? await kindAt(path) : entry.isDirectory() ? 'directory' : 'file';
    if (kind === 'directory') {
      if (!enter(entry.name, path)) continue;
      for await (const below of walkFiles(path, enter, [...above, real])) yield `${entry.name}/${below}`;
    } else if (kind !== undefined) {
      yield entry.name;
    }
  }
}
