import { relative, sep } from 'node:path';

/** Whether a path is the folder itself or below it. Both paths are absolute. Links are not followed. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}
