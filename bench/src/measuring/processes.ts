/** Measures the time and the memory of processes. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed, start } from '../../../scripts/lib/process.mjs';

/** A process that has succeeded. */
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
 * The peak of a process's resident memory so far.
 *
 * @returns bytes: VmHWM of proc(5)
 */
export function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

/**
 * Gives every contender the same start: earlier writes are on the disk, and all files below a folder are in memory.
 * Otherwise earlier runs and the machine's memory would decide who waits for the disk.
 */
export function settle(folder: string): void {
  execFileSync('sync');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      readFileSync(join(entry.parentPath, entry.name));
    }
  }
}
