import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text, buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listedRecord, shipRecord } from '../../src/contract/ship-record.js';
import { removed } from '../../src/contract/targets.js';
import { isRecordName, recordPayload } from '../../src/records/record.js';
import { exitOf, shipEnv, startShipEnv } from '../support/bundle.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

async function place(): Promise<{ home: string; folder: string; target: string[]; options: string[] }> {
  const home = await temporaryFolder();
  const folder = join(home, 'target');
  const target = ['--target', `file://${folder}`];
  return { home, folder, target, options: ['--python', kernel.python, ...target] };
}

test('log shows a person who shipped what; remove says what went', async () => {
  const { home, folder, target, options } = await place();
  expect((await shipEnv(home, ['log', ...target])).stdout).toContain('No ship to');
  await shipEnv(home, ['ship', ...options]);
  const { stdout } = await shipEnv(home, ['log', ...target]);
  expect(stdout).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d {2}\S+@\S+ {2}venv → env-[0-9a-f]{20} {2}Python 3\.\d+, 1 distribution, /mu
  );
  expect(stdout).toContain('harbour: not in a git repository');
  const id = /env-[0-9a-f]{20}/u.exec(stdout)?.[0] ?? '';
  const { stdout: told, exitCode } = await shipEnv(home, ['remove', ...target, id]);
  expect(exitCode).toBe(0);
  expect(told).toMatch(/^removed .* env-[0-9a-f]{20}\.pex$/mu);
  expect((await readdir(folder)).filter(name => name.startsWith('env-') || isRecordName(name))).toEqual([]);
});

test('a program reads whole records and what was removed', async () => {
  const { home, target, options } = await place();
  await shipEnv(home, ['ship', ...options]);
  const log = JSON.parse((await shipEnv(home, ['log', ...target, '--json', '--limit', '1'])).stdout) as {
    records: unknown[];
    older: number;
  };
  const [listed] = log.records.map(each => listedRecord.parse(each));
  expect(log.older).toBe(0);
  const dry = await shipEnv(home, ['remove', ...target, '--json', '--dry-run', listed?.record?.artifact.id ?? '']);
  expect(removed.parse(JSON.parse(dry.stdout))).toMatchObject({
    dryRun: true,
    removed: [{}, {}, { name: listed?.name }]
  });
});

test('texts of a record reach the terminal without control characters and on their own line', async () => {
  const { home, folder, target, options } = await place();
  await shipEnv(home, ['ship', ...options]);
  const [name = ''] = (await readdir(folder)).filter(isRecordName);
  const record = shipRecord.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
  const bad = '\u001b[31mroot\nremoved';
  const hostile = recordPayload({
    ...record,
    by: { ...record.by, user: bad },
    code: [{ name: bad, file: bad }],
    changes: { since: name, added: [{ name: bad, version: bad }], removed: [], changed: [], code: [bad] }
  });
  await writeFile(join(folder, hostile.name), await buffer(hostile.open()));
  const { stdout } = await shipEnv(home, ['log', ...target]);
  expect(stdout).not.toContain('\u001b');
  expect(stdout).not.toMatch(/^removed/mu);
  expect(stdout).toContain('\\u001b[31mroot\\u000aremoved');
});

test('a job that fails keeps its exit code, and what was shipped for it goes', async () => {
  const { home, folder, options } = await place();
  const job = 'import harbour, sys; print(harbour.VERSION); sys.exit(7)';
  const { exitCode, stdout } = await shipEnv(home, ['run', '--ephemeral', ...options, '--', '-c', job]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: 'v1' });
  expect(await readdir(folder)).toEqual([]);
});

test('a job that is ended by a signal is followed by the removal, too', async () => {
  const { home, folder, options } = await place();
  const job = 'import time; print("runs", flush=True); time.sleep(600)';
  const child = startShipEnv(home, ['run', '--ephemeral', ...options, '--', '-c', job]);
  const [ended, log] = [exitOf(child), text(child.stderr)];
  await once(child.stdout, 'data');
  expect((await readdir(folder)).filter(name => name.endsWith('.pex'))).toHaveLength(1);
  child.kill('SIGTERM');
  expect(await ended, await log).toBe(128 + 15);
  expect(await readdir(folder)).toEqual([]);
});

test('--ephemeral is for an environment of this machine', async () => {
  const { home, target } = await place();
  const args = ['run', '--ephemeral', ...target, '--artifact', `env-${'0'.repeat(20)}`, '--', '-c', ''];
  expect(await shipEnv(home, args)).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('--artifact') });
});
