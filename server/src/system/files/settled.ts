import type { Stats } from 'node:fs';

/** A kernel dates files with clock ticks of at most 10 ms. A date in whole seconds comes from a coarser clock. */
const FINE_TICK_MS = 50;
const COARSE_TICK_MS = 2000;

/**
 * Whether these stats prove the content that was read from `startedMs` on. A file that changed in the same clock tick could
 * change once more without a new ctime.
 */
export function isSettled({ ctimeMs }: Pick<Stats, 'ctimeMs'>, startedMs: number): boolean {
  return ctimeMs + (ctimeMs % 1000 === 0 ? COARSE_TICK_MS : FINE_TICK_MS) < startedMs;
}
