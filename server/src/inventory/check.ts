import type { TargetSettings } from '../contract/target-settings.js';
import type { Probe } from '../contract/targets.js';
import { NO_WISHES } from '../deployments/deployment.js';
import { unnamed } from '../deployments/unnamed.js';
import { openTarget } from '../targets/index.js';

/**
 * Tries a target: writes, reads back and deletes a small object when the target exists already. Throws what a ship
 * would throw, and creates nothing.
 *
 * @param python - the kernel python, where one is known
 * @throws ShipEnvError TARGET_*
 */
export async function checkTarget(settings: TargetSettings, signal: AbortSignal, python?: string): Promise<Probe> {
  const target = await openTarget(settings, python);
  try {
    // A check is not for one master, and the settings panel shows its result beside any.
    unnamed.requireUsable(target.access, NO_WISHES);
    return await target.check(signal);
  } finally {
    target.close();
  }
}
