import type { ShipRequest } from '../contract/ship.js';
import { takeBack } from '../ship/undo/ephemeral.js';
import { ENDING_SIGNALS } from '../system/process/hand-over.js';
import type { Cache } from '../system/cache/cache.js';

/** Is told what a ship created, as `ShipContext.onCreated`. */
export type OnCreated = (names: readonly string[]) => void;

/**
 * Does a job (`--ephemeral`), and then removes what the ship of the job created, in success or failure. A removal that
 * fails does not change the outcome of the job: the process warns, and prune removes the rest later.
 *
 * @param job - ships, tells what the ship created, and uses it
 */
export async function forOneJob<T>(
  { target, python }: Pick<ShipRequest, 'target' | 'python'>,
  cache: Cache,
  job: (onCreated: OnCreated) => Promise<T>
): Promise<T> {
  const created: string[] = [];
  try {
    return await job(names => void created.push(...names));
  } finally {
    // The removal is short. A signal must not end it halfway.
    const ignore = (): void => undefined;
    for (const name of ENDING_SIGNALS) process.on(name, ignore);
    await takeBack(target, created, { cache, python }).catch((error: unknown) => {
      const told = error instanceof Error ? error.message : String(error);
      process.emitWarning(`What was shipped for this job to ${target.url} is still there: ${told}`, 'ShipEnvWarning');
    });
    for (const name of ENDING_SIGNALS) process.off(name, ignore);
  }
}
