import { writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { hasCode } from '../../errors.js';

/** Linux takes such a change once in a tenth of a second from all who are not root. */
const AGAIN_AFTER_MS = 120;

/**
 * Makes a program that leads a session of its own as polite as this process is.
 *
 * It inherits our niceness, but where Linux lets sessions take turns (sched(7), "The autogroup feature") that counts only
 * inside a session, and a new one begins with none. Does nothing when this process is not nice, and nothing on a
 * system without sessions that take turns.
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

/** @returns false when the system wants to be asked again later; whatever else is in the way leaves the session as it is */
async function isTaken(leader: number, niceness: number): Promise<boolean> {
  try {
    await writeFile(`/proc/${leader}/autogroup`, String(niceness));
    return true;
  } catch (error) {
    return !hasCode(error, 'EAGAIN');
  }
}
