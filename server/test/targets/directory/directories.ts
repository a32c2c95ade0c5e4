import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { openTarget, type Target, type TargetEntry } from '../../../src/targets/index.js';
import { settingsAt } from '../../support/target-settings.js';
import { temporaryFolder } from '../../support/temporary.js';
import { calm, makePayload } from '../../payloads/payloads.js';

const run = promisify(execFile);

/** An object of more than one chunk. */
export const payload = makePayload('env-00000001.pex', 3 * 1024 * 1024 + 7);

export function openDirectory(path: string): Promise<Target> {
  return openTarget(settingsAt(pathToFileURL(path).href));
}

export async function listed(target: Target): Promise<TargetEntry[]> {
  const entries: TargetEntry[] = [];
  for await (const entry of target.list(calm)) entries.push(entry);
  return entries;
}

/** A small separate file system. Only root can mount it. */
export async function mounted(options: string): Promise<string> {
  const folder = await temporaryFolder();
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  onTestFinished(async () => {
    await run('umount', [folder]);
  });
  return folder;
}
