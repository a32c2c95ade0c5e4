import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUNDLE } from '../../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../../support/kernel-venv.js';
import { temporaryFolder } from '../../support/temporary.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv();
});
afterAll(() => kernel.remove());

test('what a nice process starts is as nice, also where Linux lets sessions take turns', async () => {
  const folder = await temporaryFolder();
  const [python, seen] = [join(folder, 'python'), join(folder, 'seen')];
  const niceness = getPriority() + 3;
  // A python that prints its niceness when the priority of its session has been set, or after ten seconds.
  const script = `#!/bin/sh
    for i in $(seq 100); do
      if grep -q ' nice ${niceness}$' /proc/$$/autogroup; then break; fi
      sleep 0.1
    done
    { nice; cat /proc/$$/autogroup; } > ${seen} 2> /dev/null
    exec ${kernel.python} "$@"`;
  await writeFile(python, script, { mode: 0o755 });
  const takeTurns = existsSync('/proc/self/autogroup');
  await promisify(execFile)('nice', ['-n', '3', process.execPath, BUNDLE, 'snapshot', '--python', python], {
    env: { HOME: folder, PATH: process.env['PATH'] }
  });
  const [own, session] = (await readFile(seen, 'utf8')).split('\n');
  expect(Number(own)).toBe(niceness);
  expect(session).toMatch(takeTurns ? new RegExp(` nice ${niceness}$`, 'u') : /^$/u);
});
