/** How figures are written. */
import { seconds } from '../../../scripts/lib/terminal.mjs';

export { bytes as asBytes, seconds as asSeconds } from '../../../scripts/lib/terminal.mjs';

/** Milliseconds, or seconds where there are ten and more. */
export function asMs(ms: number): string {
  return ms < 10_000 ? `${ms.toFixed(0)} ms` : seconds(ms);
}

/** A ratio, with more digits where it is small. */
export function asRatio(ratio: number): string {
  return `${ratio < 0.1 ? ratio.toFixed(4) : ratio.toFixed(2)} ×`;
}
