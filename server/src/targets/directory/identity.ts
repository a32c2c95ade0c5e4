import type { BigIntStats } from 'node:fs';
import { isSettled } from '../../system/files/settled.js';

/** Device numbers with this major number change at each mount: network file systems, overlays, memory. */
const ANONYMOUS_MAJOR = 0n;

/**
 * A text that identifies a file in its present state: another file of the same name has another identity, and so has
 * this file after any edit, since no program can set ctime. Undefined while an edit in the same tick of the clock could
 * go unnoticed.
 */
export function identityOf(info: BigIntStats): string | undefined {
  if (!isSettled({ ctimeMs: Number(info.ctimeNs) / 1e6 }, Date.now())) return undefined;
  const major = (info.dev >> 8n) & 0xfffn;
  const device = major === ANONYMOUS_MAJOR ? '' : String(info.dev);
  return [device, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(' ');
}
