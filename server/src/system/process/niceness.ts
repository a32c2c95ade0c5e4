import { writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { hasCode } from '../../errors.js';

/** Linux accepts one such change per tenth of a second from all users but root. */
const AGAIN_AFTER_MS = 120;

/**
 * Gives a program that leads its own session the niceness of this process.
 *
 * The program inherits our niceness. But where Linux divides the processor among sessions (sched(7), "The autogroup
 * feature"), niceness counts only inside a session, and a new session begins with niceness 0. This does nothing when this
 * process is not nice, or when the system has no autogroups.
 *
 * @param leader - its process id; undefined when it did not start
 * @param ended - aborts when the program has ended
 */
export async function shareNiceness(leader: number | undefined, ended: AbortSignal): Promise<void> {
  const niceness = getPriority();
  if (leader === undefined || niceness <= 0) return;
  while (!ended.aborted && !(await isTaken(leader, niceness))) {
    await setTimeout(AGAIN_AFTER_MS, undefined, { ref: false, signal: ended }).catch(() => undefined);
  }
}

/** @returns false when the system wants to be asked again later; after any other error the session stays as it is */
async function isTaken(leader: number, niceness: number): Promise<boolean> {
  try {
    await writeFile(`/proc/${leader}/autogroup`, String(niceness));
    return true;
  } catch (error) {
    return !hasCode(error, 'EAGAIN');
  }
}
