import { setTimeout } from 'node:timers/promises';
import { isShipEnvError } from '../errors.js';

/** The first attempt and two more. */
const MAX_ATTEMPTS = 3;
/** Milliseconds before the environment is read again: an installer that replaces a package is mostly done by then. */
const PAUSE_MS = 500;

/**
 * Runs work on an environment, and runs it again when the environment changed meanwhile, twice at most.
 *
 * @param work - reads the environment itself; leaves nothing behind when it fails
 * @throws ShipEnvError ARTIFACT_FILE_CHANGED when the environment keeps changing; what the work throws; the signal's reason
 */
export async function readAgainIfChanged<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let time = 1; ; time += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isShipEnvError(error, 'ARTIFACT_FILE_CHANGED') || time === MAX_ATTEMPTS) throw error;
    }
    await setTimeout(PAUSE_MS, undefined, { signal });
  }
}
