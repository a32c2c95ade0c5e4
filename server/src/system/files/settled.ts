import type { Stats } from 'node:fs';

/** Clock ticks that a kernel stamps files with are at most 10 ms; a stamp in whole seconds has a coarser source. */
const FINE_TICK_MS = 50;
const COARSE_TICK_MS = 2000;

/**
 * May these stats vouch for what was read from `startedMs` on? A file that changed in the same tick of the clock could
 * change once more without a new ctime.
 */
export function isSettled({ ctimeMs }: Pick<Stats, 'ctimeMs'>, startedMs: number): boolean {
  return ctimeMs + (ctimeMs % 1000 === 0 ? COARSE_TICK_MS : FINE_TICK_MS) < startedMs;
}
