import type { BigIntStats } from 'node:fs';
import { isSettled } from '../../system/files/settled.js';

/** Device numbers of this major are given out anew at each mount: network file systems, overlays, memory. */
const ANONYMOUS_MAJOR = 0n;

/**
 * Tells a file, as it is now, from any other that bears its name, and from itself after any edit: no program can set
 * ctime. Undefined while another edit in the same tick of the clock would not show.
 */
export function identityOf(info: BigIntStats): string | undefined {
  if (!isSettled({ ctimeMs: Number(info.ctimeNs) / 1e6 }, Date.now())) return undefined;
  const major = (info.dev >> 8n) & 0xfffn;
  const device = major === ANONYMOUS_MAJOR ? '' : String(info.dev);
  return [device, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(' ');
}
