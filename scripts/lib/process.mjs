/**
 * Starts all child processes of the scripts. Uses Node's standard library only, since it runs before `npm ci`.
 *
 * Every child leads its own process group and has a mark in its environment, which its descendants inherit. When a
 * child ends, the rest of its group is killed. `leftovers()` finds descendants that left the group (a JVM, a kernel, a
 * sidecar), so that a script can report and end them, too.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { paths } from './paths.mjs';

const MARK = 'SHIP_ENV_SCRIPT_RUN';
const mark = randomUUID();
/** Includes the marks of the scripts that started this one, so that they find its children, too. */
const marks = [process.env[MARK], mark].filter(Boolean).join(' ');
/** @type {Set<number>} Process groups that are alive. */
const groups = new Set();

/** A child process ended with an exit code other than 0. */
export class CommandFailed extends Error {
  /**
   * @param {string} command the command line as a person would type it
   * @param {number} code exit code; 128 + signal number when a signal ended it
   * @param {string} output what it printed, when it was captured
   */
  constructor(command, code, output) {
    super(`\`${command}\` ended with exit code ${code}${output ? `:\n${output.trim()}` : ''}`);
    this.name = 'CommandFailed';
    this.code = code;
    this.output = output;
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] default: the checkout
 * @property {NodeJS.ProcessEnv} [env] default: this process's
 * @property {'inherit' | 'ignore' | 'capture'} [stdout] capture keeps stdout and stderr for the result
 * @property {string} [log] file that gets stdout and stderr instead
 * @property {(line: string) => void} [onLine] gets each line of stdout
 * @property {(line: string) => void} [onErrorLine] with `onLine`: gets each line of stderr, which is captured otherwise
 * @property {boolean} [allowFailure] return the exit code instead of throwing
 */

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{code: number, output: string}>}
 * @throws {CommandFailed} when it fails and failure is not allowed
 */
export async function run(program, args, options = {}) {
  const child = start(program, args, options);
  const { code, output } = await child.ended;
  if (code !== 0 && options.allowFailure !== true) {
    throw new CommandFailed([program, ...args].join(' '), code, output);
  }
  return { code, output };
}

/**
 * Starts a program and returns at once. `stop` asks its process group to end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 */
export function start(program, args, options = {}) {
  const log = options.log === undefined ? undefined : openSync(options.log, 'w');
  const capture = options.stdout === 'capture' || options.onLine !== undefined;
  const stdout = log ?? (capture ? 'pipe' : (options.stdout === 'ignore' ? 'ignore' : 'inherit'));
  const child = spawn(program, args, {
    cwd: options.cwd ?? paths.root,
    env: { ...(options.env ?? process.env), [MARK]: marks },
    stdio: ['ignore', stdout, log ?? (capture ? 'pipe' : 'inherit')],
    detached: true
  });
  if (log !== undefined) {
    closeSync(log);
  }
  if (child.pid !== undefined) {
    groups.add(child.pid);
  }
  let output = '';
  for (const [stream, listener] of /** @type {const} */ ([
    [child.stdout, options.onLine],
    [child.stderr, options.onErrorLine]
  ])) {
    if (stream !== null && listener !== undefined) {
      createInterface({ input: stream }).on('line', listener);
    } else {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => (output += chunk));
    }
  }
  /** @type {Promise<{code: number, output: string}>} */
  const ended = new Promise(resolve => {
    child.once('error', error => resolve({ code: 127, output: error.message }));
    child.once('exit', () => endGroup(child.pid));
    child.once('close', (code, signal) => resolve({ code: code ?? 128 + signalNumber(signal), output }));
  });
  return {
    pid: child.pid,
    ended,
    stop: (/** @type {NodeJS.Signals} */ signal = 'SIGTERM') => endGroup(child.pid, signal)
  };
}

/** @param {NodeJS.Signals | null} signal */
function signalNumber(signal) {
  return signal === null ? 0 : constants.signals[signal];
}

/**
 * @param {number | undefined} group
 * @param {NodeJS.Signals} [signal]
 */
function endGroup(group, signal = 'SIGKILL') {
  if (group === undefined) {
    return;
  }
  try {
    process.kill(-group, signal);
  } catch (error) {
    // ESRCH: the whole group has ended already, which is what we want.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
  if (signal === 'SIGKILL') {
    groups.delete(group);
  }
}

/**
 * Descendants of this script that are still alive, found by the mark in their environment (Linux).
 *
 * @returns {{pid: number, command: string}[]}
 */
export function leftovers() {
  const found = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) {
      continue;
    }
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)) {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
        found.push({ pid, command });
      }
    } catch {
      // The process ended meanwhile, or belongs to another user.
    }
  }
  return found.filter(({ command }) => command !== '');
}

/**
 * Gives descendants a moment to end by themselves, then kills the others.
 *
 * @param {number} [graceMs]
 * @returns {Promise<{pid: number, command: string}[]>} those that had to be killed
 */
export async function endLeftovers(graceMs = 5000) {
  const deadline = Date.now() + graceMs;
  let rest = leftovers();
  while (rest.length > 0 && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 100));
    rest = leftovers();
  }
  killAll(rest);
  return rest;
}

/** @param {{pid: number}[]} processes */
function killAll(processes) {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // The process ended meanwhile.
    }
  }
}

process.once('exit', () => {
  groups.forEach(group => endGroup(group));
  killAll(leftovers());
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    // Always sends SIGTERM, since Jupyter asks "are you sure?" at SIGINT. The exit handler kills processes that do not
    // end.
    groups.forEach(group => endGroup(group, 'SIGTERM'));
    void waitForGroups(3000).then(() => process.exit(128 + signalNumber(signal)));
  });
}

/** @param {number} graceMs */
async function waitForGroups(graceMs) {
  const deadline = Date.now() + graceMs;
  while (groups.size > 0 && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
