import { onExit } from 'signal-exit';
import { hasCode } from '../../errors.js';

/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE_MS = 5000;

/**
 * Ends a process group when the signal aborts: with SIGTERM, and five seconds later with SIGKILL. When this process exits, it
 * ends the group at once, because a separate group does not get the terminal's Ctrl+C.
 *
 * @param leader - process id of the group's leader; undefined when it did not start
 * @returns a function to call when the leader has ended; it kills the rest of the group unless the leader ended well
 */
export function endGroupOn(signal: AbortSignal, leader: number | undefined): (end: { isWell: boolean }) => void {
  if (leader === undefined) return () => undefined;
  const send = (name: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      process.kill(-leader, name);
    } catch (error) {
      // macOS answers EPERM when only zombies of the group are left.
      if (!hasCode(error, 'ESRCH', 'EPERM')) throw error;
    }
  };
  let force: NodeJS.Timeout | undefined;
  const end = (): void => {
    send('SIGTERM');
    force = setTimeout(() => send('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', end, { once: true });
  const forget = onExit(() => send('SIGKILL'));
  return ({ isWell }) => {
    clearTimeout(force);
    signal.removeEventListener('abort', end);
    forget();
    if (!isWell) send('SIGKILL');
  };
}
