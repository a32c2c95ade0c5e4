import { relative, sep } from 'node:path';

/** Is a path a folder, or below it? Both absolute. Links are not followed. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}
