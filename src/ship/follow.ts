import type { ShipResult, StepEvent } from '../../server/src/contract/index.js';
import type { IShipping } from './types.js';

/**
 * Follows a ship of the sidecar to its end, and cancels the ship when the signal is aborted.
 *
 * @param onStep - gets the step events in order
 * @returns the result; also after an abort, when the ship was faster than the cancel
 * @throws ShipEnvError the error that the ship ended with, or the error of the request to cancel
 */
export function followOrCancel(
  client: IShipping,
  id: string,
  onStep: (event: StepEvent) => void,
  signal: AbortSignal
): Promise<ShipResult> {
  // A cancel that fails must be shown: otherwise the person waits for an end that the sidecar does not know of.
  const cancelled = new Promise<never>((_, reject) => {
    const cancel = (): void => void client.cancelShip(id).catch(reject);
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  });
  return Promise.race([client.followShip(id, onStep), cancelled]);
}
