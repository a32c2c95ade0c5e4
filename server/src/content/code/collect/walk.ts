import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SkipRule } from '../files.js';
import { ruleForName } from './rules.js';

/** Called for each path that does not ship. The path is relative to the folder that is walked; a folder ends with `/`. */
export type OnSkip = (rule: SkipRule, path: string) => void;

/**
 * Lists every path below a folder that git cannot list, except the usual noise. Links are listed and not followed. Folders that
 * do not ship are not entered.
 *
 * @param folder - absolute path
 * @param isExcluded - called with each path relative to the folder; a folder ends with `/`
 * @returns paths relative to the folder
 */
export async function walk(
  folder: string,
  signal: AbortSignal,
  isExcluded: (path: string) => SkipRule | undefined,
  onSkip: OnSkip
): Promise<string[]> {
  const found: string[] = [];
  const pending = [''];
  for (let prefix = pending.pop(); prefix !== undefined; prefix = pending.pop()) {
    signal.throwIfAborted();
    const entries = await readdir(join(folder, prefix), { withFileTypes: true });
    if (prefix !== '' && entries.some(entry => entry.name === 'pyvenv.cfg' || entry.name === 'conda-meta')) {
      onSkip('virtual-environment', prefix);
      continue;
    }
    for (const entry of entries) {
      const path = prefix + entry.name + (entry.isDirectory() ? '/' : '');
      const rule = ruleForName(entry.name, 'plain') ?? isExcluded(path);
      if (rule !== undefined) onSkip(rule, path);
      else if (entry.isDirectory()) pending.push(path);
      else found.push(path);
    }
  }
  return found;
}
