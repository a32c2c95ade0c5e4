import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { orNothing } from './nothing.js';

/**
 * Everything below a folder that is not a folder itself, by its path relative to the folder. Links are not followed
 * (`readdir` with `recursive` follows them). A folder that is removed meanwhile is empty.
 */
export async function* entriesBelow(folder: string): AsyncGenerator<string> {
  const entries: Dirent[] = (await orNothing(readdir(folder, { withFileTypes: true }))) ?? [];
  for (const entry of entries) {
    if (!entry.isDirectory()) yield entry.name;
    else for await (const below of entriesBelow(join(folder, entry.name))) yield join(entry.name, below);
  }
}
