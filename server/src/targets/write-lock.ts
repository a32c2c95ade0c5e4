import { createHash } from 'node:crypto';
import type { Target } from './target.js';

/** Name of the lock that whoever changes a target holds, among the processes of this machine. */
export function writeLock({ url }: Pick<Target, 'url'>): string {
  return `target-${createHash('sha256').update(url).digest('hex').slice(0, 16)}`;
}
