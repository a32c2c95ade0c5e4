import type { TargetSettings } from '../contract/target-settings.js';
import type { Probe } from '../contract/targets.js';
import { requireListable } from '../deployments/spark/config.js';
import { openTarget } from '../targets/index.js';

/**
 * Tries a target: writes, reads back and deletes a small object when the target exists already. Throws what a ship
 * would throw, and creates nothing.
 *
 * @throws ShipEnvError TARGET_*
 */
export async function checkTarget(settings: TargetSettings, signal: AbortSignal): Promise<Probe> {
  const target = await openTarget(settings);
  try {
    requireListable(target.access.uri('name'));
    return await target.check(signal);
  } finally {
    target.close();
  }
}
