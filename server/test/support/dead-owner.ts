import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ownerName } from '../../src/system/process/owner.js';

/** Names a process of this machine that has ended, as `ownerName` would have named it. */
export async function deadOwner(): Promise<string> {
  const child = spawn('true');
  await once(child, 'exit');
  const [machine, , start] = ownerName().split('-');
  return `${machine}-${child.pid}-${start}`;
}
