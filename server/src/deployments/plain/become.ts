import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants as fileConstants } from 'node:fs';
import { access } from 'node:fs/promises';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { onExit } from 'signal-exit';
import { ShipEnvError } from '../../errors.js';
import { ENDING_SIGNALS, handOver } from '../../system/process/hand-over.js';
import type { PreparedPython } from './prepare.js';

/** What shells add to the number of the signal that killed a program. */
const KILLED_BY = 128;

/**
 * Becomes the python: the same process goes on as the program, which so has the terminal, the signals and the exit code
 * to itself. Where Node.js cannot do that (before 22.15), the program is a child that shares all of them.
 *
 * @returns the exit code, where this process goes on to live
 * @throws ShipEnvError CACHE_UNUSABLE when nothing can be executed there; the signal's reason
 */
export async function become(
  { path, env }: PreparedPython,
  args: readonly string[],
  signal: AbortSignal
): Promise<number> {
  if (process.execve === undefined) return runToEnd({ path, env }, args, signal);
  await requireExecutable(path);
  await handOver(signal);
  return process.execve(path, [path, ...args], env);
}

/**
 * Runs the python as a child that shares the terminal, and gets the signals of this process.
 *
 * @returns the exit code of the program
 * @throws as {@link become}
 */
export async function runToEnd(python: PreparedPython, args: readonly string[], signal: AbortSignal): Promise<number> {
  await requireExecutable(python.path);
  await handOver(signal);
  return asChild(python, args);
}

async function asChild({ path, env }: PreparedPython, args: readonly string[]): Promise<number> {
  const child = spawn(path, args, { env, stdio: 'inherit' });
  // A terminal sends its signals to the child as well, which must not get them twice.
  const isOfTerminal = [0, 1, 2].some(fd => isatty(fd));
  for (const name of ENDING_SIGNALS) {
    process.on(name, () => {
      if (name === 'SIGTERM' || !isOfTerminal) child.kill(name);
    });
  }
  const forget = onExit(() => void child.kill('SIGKILL'));
  const [code, killer] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  forget();
  return code ?? KILLED_BY + (killer === null ? 0 : constants.signals[killer]);
}

/** A folder mounted `noexec` keeps the modes of its files, so the system is asked. */
async function requireExecutable(path: string): Promise<void> {
  try {
    await access(path, fileConstants.X_OK);
  } catch (cause) {
    throw new ShipEnvError('CACHE_UNUSABLE', `${path} was to be executed, and cannot be.`, {
      hint: 'Point SHIP_ENV_CACHE at a folder in which programs can be executed (its disk may be mounted noexec).',
      cause
    });
  }
}
