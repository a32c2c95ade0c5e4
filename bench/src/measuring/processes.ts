/** Processes that are measured: their time and their memory. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed, start } from '../../../scripts/lib/process.mjs';

/** A process that has ended well. */
export interface Timed {
  /** From the start of the process to its end. */
  readonly ms: number;
  /** stdout and stderr. */
  readonly output: string;
}

/**
 * Runs a program to its end.
 *
 * @throws {@link CommandFailed}
 */
export async function timed(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env: NodeJS.ProcessEnv }
): Promise<Timed> {
  const started = performance.now();
  const child = start(program, args, { ...options, stdout: 'capture' });
  const { code, output } = await child.ended;
  const ms = performance.now() - started;
  if (code !== 0) {
    throw new CommandFailed([program, ...args].join(' '), code, output.slice(-4000));
  }
  return { ms, output };
}

/**
 * Most memory that a process has had resident so far.
 *
 * @returns bytes: VmHWM of proc(5)
 */
export function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

/**
 * Gives every contender the same start: what others wrote is on the disk, and all files below a folder are in memory. Else
 * the runs before, and the memory of the machine, decide who waits for the disk.
 */
export function settle(folder: string): void {
  execFileSync('sync');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      readFileSync(join(entry.parentPath, entry.name));
    }
  }
}
