import { type Dirent } from 'node:fs';
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../errors.js';
import { compareText } from './names.js';

/** The content of a small file, undefined when it is not there. */
export async function readOptional(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

/** The entries of a directory sorted by name; none when it is not there. */
export async function listDirectory(path: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort((left, right) => compareText(left.name, right.name));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return [];
    throw error;
  }
}

/** What a path is once links are followed; undefined when there is nothing. */
export async function kindOf(path: string): Promise<'file' | 'directory' | 'other' | undefined> {
  try {
    const info = await stat(path);
    return info.isDirectory() ? 'directory' : info.isFile() ? 'file' : 'other';
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

/** `realpath`, or undefined when there is nothing. */
export async function realpathOptional(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
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
