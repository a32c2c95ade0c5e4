/** Formats figures. */
import { seconds } from '../../../scripts/lib/terminal.mjs';

export { bytes as asBytes, seconds as asSeconds } from '../../../scripts/lib/terminal.mjs';

/** Formats milliseconds; as seconds from ten seconds on. */
export function asMs(ms: number): string {
  return ms < 10_000 ? `${ms.toFixed(0)} ms` : seconds(ms);
}

/** Formats a ratio; a small one gets more digits. */
export function asRatio(ratio: number): string {
  return `${ratio < 0.1 ? ratio.toFixed(4) : ratio.toFixed(2)} ×`;
}
