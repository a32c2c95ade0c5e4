import { createHash } from 'node:crypto';
import type { Target } from './target.js';

/** Name of the lock that a process of this machine holds while it changes a target. */
export function writeLock({ url }: Pick<Target, 'url'>): string {
  return `target-${createHash('sha256').update(url).digest('hex').slice(0, 16)}`;
}
