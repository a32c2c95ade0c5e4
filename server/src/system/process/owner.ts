import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { hasCode } from '../../errors.js';

/** `<machine>-<pid>-<start>`; what follows a dot is free. The Jupyter server's part has the same (owner.py). */
const OWNER = /^(?<machine>[0-9a-f]{12})-(?<pid>\d{1,9})-(?<start>\d+)(?:\.|$)/;

/** Where in `/proc/<pid>/stat` the start time stands, counted from the field behind the name (proc_pid_stat(5), field 22). */
const START_FIELD = 19;

let own: string | undefined;

/**
 * Names this process: the machine, the process id and when the process started. A file whose name begins with it says who
 * wrote the file, so that others can tell the leftovers of a killed process ({@link isDead}).
 *
 * The machine is one boot of one machine, and one process namespace of it: process ids mean nothing to another container.
 */
export function ownerName(): string {
  own ??= `${machineName()}-${process.pid}-${startOf(readNow('/proc/self/stat')) ?? '0'}`;
  return own;
}

/**
 * Has the process ended that {@link ownerName} named at the beginning of `name`?
 *
 * @returns undefined when this machine cannot tell: the process is of another machine, or the name names none
 */
export async function isDead(name: string): Promise<boolean | undefined> {
  const { machine, pid, start } = OWNER.exec(name)?.groups ?? {};
  if (machine === undefined || machine !== machineName()) return undefined;
  if (!isRunning(Number(pid))) return true;
  // Another process may have the id by now.
  const now = startOf(await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined));
  return now !== undefined && start !== '0' && now !== start;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return !hasCode(error, 'ESRCH');
  }
}

let machine: string | undefined;

function machineName(): string {
  machine ??= createHash('sha256')
    .update(JSON.stringify([hostname(), readNow('/proc/sys/kernel/random/boot_id'), namespaceOfProcesses()]))
    .digest('hex')
    .slice(0, 12);
  return machine;
}

function namespaceOfProcesses(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // No Linux, or no /proc: the host's name has to do.
    return undefined;
  }
}

function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** The name of the program, which may hold anything, stands in parentheses before the other fields. */
function startOf(stat: string | undefined): string | undefined {
  return stat
    ?.slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(START_FIELD);
}
