import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ownerName } from '../../src/system/process/owner.js';

/** The name that `ownerName` would give a process of this machine that has ended. */
export async function deadOwner(): Promise<string> {
  const child = spawn('true');
  await once(child, 'exit');
  const [machine, , start] = ownerName().split('-');
  return `${machine}-${child.pid}-${start}`;
}
