import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Waits until the clock of the file system has moved on, so that an edit does not get the time of an earlier write. */
export function untilNextTick(folder: string): void {
  const probe = join(folder, 'tick');
  writeFileSync(probe, '');
  const first = statSync(probe).ctimeMs;
  while (statSync(probe).ctimeMs <= first + 60) writeFileSync(probe, '');
}

/** Bytes that this process has read so far, by any means. */
export function bytesRead(): number {
  return Number(/^rchar: (\d+)$/mu.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}
