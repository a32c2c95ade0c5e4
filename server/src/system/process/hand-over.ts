import { setImmediate } from 'node:timers/promises';

/** The signals with which a person or a scheduler ends a program. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Stops to handle signals as a cancel of our own work: a program that takes over gets them. A signal that came before this
 * call ends this process.
 *
 * @throws the signal's reason when it is aborted
 */
export async function handOver(signal: AbortSignal): Promise<void> {
  for (const name of ENDING_SIGNALS) process.removeAllListeners(name);
  await setImmediate();
  signal.throwIfAborted();
  // Node.js writes to pipes without blocking, and would leave them so to a program that does not expect it.
  for (const { _handle } of [process.stdout, process.stderr] as { _handle?: { setBlocking?(on: boolean): void } }[]) {
    _handle?.setBlocking?.(true);
  }
}
