/** Timed child processes, and what is said about several runs of the same. */
import { readFileSync } from 'node:fs';
import { CommandFailed, start } from '../lib/process.mjs';

/** How often a process is asked for its peak; what it reaches in its very last moment may be missed. */
const PEAK_INTERVAL_MS = 10;

/**
 * @typedef {object} Timed
 * @property {number} ms from the start of the process to its end
 * @property {number} peakBytes most memory it had resident (VmHWM); 0 when it ended before it was asked
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
  let peakBytes = 0;
  const timer = setInterval(() => (peakBytes = Math.max(peakBytes, peakOf(child.pid))), PEAK_INTERVAL_MS);
  const { code, output } = await child.ended;
  clearInterval(timer);
  const ms = performance.now() - started;
  if (code !== 0) {
    throw new CommandFailed([program, ...args].join(' '), code, output.slice(-4000));
  }
  return { ms, peakBytes, output };
}

/**
 * @param {number | undefined} pid
 * @returns {number} bytes; proc(5) VmHWM. 0 when the process has ended
 */
export function peakOf(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
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
