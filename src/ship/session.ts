import type { LiveUpdate } from '../../server/src/contract/index.js';
import { toShipEnvError } from '../errors.js';
import type { ShipLog } from './log.js';
import type { IKernel, ILiveOutcome, IWait } from './types.js';

/**
 * Gives the new code to the session that the kernel runs. The environment is shipped and the cell is written, so an
 * error is reported, in the outcome and in the log, and not thrown.
 *
 * @param wait - its signal ends the wait for the kernel; the outcome is then `postponed`
 */
export async function updateSession(
  kernel: IKernel,
  live: LiveUpdate,
  wait: IWait,
  log: ShipLog
): Promise<ILiveOutcome> {
  try {
    return await kernel.update(live, wait);
  } catch (error) {
    if (wait.signal.aborted) return { state: 'postponed', message: '' };
    const known = toShipEnvError(error);
    log.error(known);
    return { state: 'failed', message: `${known.message} ${known.hint}`.trim() };
  }
}
