import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { hasCode } from '../../errors.js';

/** `<machine>-<pid>-<start>`; any text may follow after a dot. The Python half has the same pattern (owner.py). */
const OWNER = /^(?<machine>[0-9a-f]{12})-(?<pid>\d{1,9})-(?<start>\d+)(?:\.|$)/;

/** Index of the start time in `/proc/<pid>/stat`, counted from the field behind the name (proc_pid_stat(5), field 22). */
const START_FIELD = 19;

let own: string | undefined;

/**
 * Names this process by machine, process id and start time. A file name that begins with it shows which process wrote the
 * file, so that others can recognise the leftovers of a killed process ({@link isDead}).
 *
 * "Machine" means one boot of a machine and one process namespace, because process ids mean nothing in another container.
 */
export function ownerName(): string {
  own ??= `${machineName()}-${process.pid}-${startOf(readNow('/proc/self/stat')) ?? '0'}`;
  return own;
}

/**
 * Whether the process has ended whose {@link ownerName} is the beginning of `name`.
 *
 * @returns undefined when this machine cannot know: the process is on another machine, or the name contains no owner
 */
export async function isDead(name: string): Promise<boolean | undefined> {
  const { machine, pid, start } = OWNER.exec(name)?.groups ?? {};
  if (machine === undefined || machine !== machineName()) return undefined;
  if (!isRunning(Number(pid))) return true;
  // Another process may have this id by now.
  const now = startOf(await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined));
  return now !== undefined && start !== '0' && now !== start;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process runs as another user.
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
    // Without Linux or /proc, the host name has to be enough.
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

/** The start time. The program's name may contain any characters, so the fields are counted from its closing parenthesis. */
function startOf(stat: string | undefined): string | undefined {
  return stat
    ?.slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(START_FIELD);
}
