/** Timed child processes, and what is said about several runs of the same. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed, start } from '../lib/process.mjs';

/**
 * @typedef {object} Timed
 * @property {number} ms from the start of the process to its end
 * @property {string} output stdout and stderr
 */

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{cwd?: string, env: NodeJS.ProcessEnv}} options
 * @returns {Promise<Timed>}
 * @throws {CommandFailed}
 */
export async function timed(program, args, options) {
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
 * @param {number} pid
 * @returns {number} bytes: VmHWM of proc(5)
 */
export function peakOf(pid) {
  return Number(/^VmHWM:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

/**
 * Gives whoever is measured next what everybody gets: what others wrote is on the disk, and all files below a folder are
 * in memory. Else it depends on what ran before, and on how much memory the machine has, who waits for the disk.
 *
 * @param {string} folder
 */
export function settle(folder) {
  execFileSync('sync');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      readFileSync(join(entry.parentPath, entry.name));
    }
  }
}

/**
 * Runs every case once, then all of them again, and so on: what slows the machine for a while slows all alike.
 *
 * @template {string} Name
 * @param {number} runs
 * @param {Record<Name, (run: number) => Promise<number>>} cases each returns its figure
 * @returns {Promise<Record<Name, number[]>>} the figures of each
 */
export async function interleaved(runs, cases) {
  const names = /** @type {Name[]} */ (Object.keys(cases));
  const samples = /** @type {Record<Name, number[]>} */ ({});
  for (let run = 0; run < runs; run += 1) {
    for (const name of names) {
      samples[name] = [...(run === 0 ? [] : samples[name]), await cases[name](run)];
    }
  }
  return samples;
}

/** @param {readonly number[]} samples */
export function minimum(samples) {
  return Math.min(...samples);
}

/** @param {readonly number[]} samples */
export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Least squares.
 *
 * @param {readonly (readonly [number, number])[]} points x and y
 * @returns {number} how much y grows with each x
 */
export function slope(points) {
  const mean = (/** @type {0 | 1} */ axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
