import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { DRIVER_SCRIPT } from '../../src/probe/driver-script.js';
import { hostsThatDeny, nodesOf, tasksOf } from '../../src/probe/node-facts.js';
import { temporaryFolder } from '../support/temporary.js';

const TASK = `begin
host\tnode-a
now\t1000.5
architecture\tx86_64
libc\tglibc 2.36
spark\t4.3.0
work\t/container/0\t2048\tyes
refusal\t/container: does not run from /tmp/x
root\t/node\t1024\tno
found\t/usr/bin/python3\t3.11.2 cpython
found\t/usr/bin/python3\t3.11.2 cpython
found\t/usr/bin/python\t2.7.18 cpython
python\t/usr/bin/python3\t3.11.2 cpython
object\tyes
seen\tno
end`;

test('the lines of a task become facts', () => {
  expect(nodesOf([{ started: 1000, ended: 1002, text: TASK }])).toEqual([
    {
      host: 'node-a',
      architecture: 'x86_64',
      libc: 'glibc 2.36',
      python: { path: '/usr/bin/python3', version: '3.11.2', implementation: 'cpython' },
      pythons: [
        { path: '/usr/bin/python3', version: '3.11.2', implementation: 'cpython' },
        { path: '/usr/bin/python', version: '2.7.18', implementation: 'cpython' }
      ],
      spark: '4.3.0',
      work: { path: '/container/0', freeBytes: 2048 * 1024, runs: true },
      root: { path: '/node', freeBytes: 1024 * 1024, runs: false },
      refusals: ['/container: does not run from /tmp/x'],
      clock: { least: -1.5, most: 0.5 }
    }
  ]);
});

test('an executor counts once, and each round narrows what is known of its clock', () => {
  const later = TASK.replace('1000.5', '2000.25');
  const other = TASK.replace('/container/0', '/container/1');
  const nodes = nodesOf([
    { started: 1000, ended: 1002, text: `${TASK}\n${other}` },
    { started: 2000, ended: 2000.5, text: later }
  ]);
  expect(nodes.map(({ work, clock }) => [work.path, clock])).toEqual([
    ['/container/0', { least: -0.25, most: 0.25 }],
    ['/container/1', { least: -1.5, most: 0.5 }]
  ]);
});

test('a clock of whole seconds is known a second less well, and one that says nothing not at all', () => {
  const clockOf = (now: string): unknown =>
    nodesOf([{ started: 1000, ended: 1000.5, text: TASK.replace('1000.5', now) }])[0]?.clock;
  expect(clockOf('1000')).toEqual({ least: -0.5, most: 1 });
  expect(clockOf('1000.%N')).toEqual({ least: -0.5, most: 1 });
  expect(clockOf('')).toEqual({ least: 0, most: 0 });
});

test('who did not find the probe object', () => {
  const text = `${TASK}\n${TASK.replace('node-a', 'node-b').replace('object\tyes', 'object\tno')}`;
  const round = { started: 0, ended: 1, text };
  expect([hostsThatDeny('object', round), hostsThatDeny('seen', round)]).toEqual([['node-b'], ['node-a', 'node-b']]);
});

test('a task that was cut off counts for nothing, and a hostile node cannot fill the memory', () => {
  expect(tasksOf({ text: TASK.replace('\nend', '') })).toEqual([]);
  const long = `begin\nhost\t${'h'.repeat(100_000)}\n${'refusal\tno\n'.repeat(1000)}end`;
  const [node] = nodesOf([{ started: 0, ended: 1, text: long }]);
  expect([node?.host.length, node?.refusals.length]).toEqual([1000, 20]);
  expect(nodesOf([{ started: 0, ended: 1, text: 'begin\nend' }])).toMatchObject([
    { host: 'a node without a name', pythons: [], work: { path: '', freeBytes: 0, runs: false } }
  ]);
});

test('the driver imports nothing from the working directory', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'json.py'), 'import os\nos.mkdir("imported")\n');
  const { exitCode } = await execa('python3', ['-c', DRIVER_SCRIPT], { cwd: folder, input: 'no JSON', reject: false });
  expect(exitCode).toBe(1);
  expect(await readdir(folder)).toEqual(['json.py']);
});
