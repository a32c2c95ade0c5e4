import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { STEP_NAMES } from '../../src/contract/ship.js';
import { events, exitOf, shipEnv, startShipEnv } from '../support/bundle.js';
import { deadOwner } from '../support/dead-owner.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';
import { saveSettings } from '../support/settings-file.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

test('ship --json prints step events and then the result, and nothing else', async () => {
  const home = await temporaryFolder();
  const target = `file://${join(home, 'target')}`;
  const { stdout, stderr, exitCode } = await shipEnv(home, [
    'ship',
    '--python',
    kernel.python,
    '--target',
    target,
    '--json'
  ]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const lines = events(stdout);
  expect(
    lines.filter(line => line.type === 'step' && line.state === 'done').map(line => line.type === 'step' && line.name)
  ).toEqual(STEP_NAMES);
  expect(lines.at(-1)).toMatchObject({
    type: 'result',
    reused: false,
    code: [{ name: expect.stringMatching(/^harbour/) }]
  });
});

test('a person reads steps with their times on stderr and the outcome on stdout', async () => {
  const home = await temporaryFolder();
  const target = `file://${join(home, 'target')}`;
  const { stdout, stderr } = await shipEnv(home, ['ship', '--python', kernel.python, '--target', target]);
  for (const name of STEP_NAMES) expect(stderr).toMatch(new RegExp(`^✓ ${name} .*, \\d.* s$`, 'm'));
  expect(stdout).toMatch(/^Shipped to file:\/\/.*: .* sent, /m);
  expect(stdout).toMatch(/environment {2}env-[0-9a-f]{20}\.pex/);
});

test('without --python the active environment ships; without --target the default one takes it', async () => {
  const home = await temporaryFolder();
  const { stdout, exitCode } = await shipEnv(home, ['ship', '--json'], { VIRTUAL_ENV: join(kernel.folder, 'venv') });
  expect(exitCode).toBe(0);
  expect(events(stdout).at(-1)).toMatchObject({
    artifact: { uri: expect.stringContaining(`file://${home}/.local/share/ship-env/target/`) }
  });
});

test('the settings that the panel saved name targets, master and excludes', async () => {
  const home = await temporaryFolder();
  await saveSettings(
    home,
    `{ // the panel's file is JSON5
      "targets": [{ "name": "shared", "url": "file://${home}/shared" }],
      "defaultTarget": "shared", "master": "spark://master:7077", "excludes": ["six"] }`
  );
  const { stdout } = await shipEnv(home, ['ship', '--python', kernel.python, '--json']);
  const result = events(stdout).at(-1);
  expect(result).toMatchObject({ artifact: { uri: expect.stringContaining(`${home}/shared/`) } });
  expect(result?.type === 'result' && result.cell).toContain('spark://master:7077');
  const id = result?.type === 'result' ? result.artifact.id : '';
  expect(await readFile(join(home, 'shared', `${id}.json`), 'utf8')).not.toContain('"name": "six"');
});

test('config prints what the ship configured, as builder, submit and json', async () => {
  const home = await temporaryFolder();
  const target = `file://${join(home, 'target')}`;
  const args = ['--python', kernel.python, '--target', target, '--shared', '--master', 'spark://h:7077'];
  args.push('--allow-secret', '.env', 'id_rsa');
  const { stdout } = await shipEnv(home, ['ship', ...args, '--json']);
  const shipped = events(stdout).at(-1);
  if (shipped?.type !== 'result') throw new Error(stdout);
  const as = async (style: string): Promise<string> => (await shipEnv(home, ['config', ...args, '--as', style])).stdout;
  expect(await as('builder')).toBe(shipped.cell.trimEnd());
  expect(JSON.parse(await as('json'))).toEqual(shipped.conf);
  expect(shipped.conf['spark.pyspark.python']).toBe(join(home, 'target', shipped.artifact.name));
  expect(await as('submit')).toContain('--conf spark.python.daemon.module=ship_env_runtime');
  const again = await shipEnv(home, ['ship', ...args]);
  expect(again.stdout).toContain(`The Spark config: ship-env config ${args.join(' ')} --as builder`);
  const connect = await shipEnv(home, ['config', ...args, '--as', 'connect', '--json']);
  expect(events(connect.stdout)).toMatchObject([{ code: 'USAGE_INVALID', message: expect.stringContaining('submit') }]);
});

test('build writes a PEX that runs by itself', async () => {
  const home = await temporaryFolder();
  const output = join(home, 'my env.pex');
  // Large enough to be compressed by threads, which have a separate program beside the bundle.
  const large = await makeKernelVenv('pygments==2.21.0');
  onTestFinished(() => large.remove());
  const built = await shipEnv(home, ['build', '--python', large.python, '--output', output]);
  expect(built.exitCode, built.stderr).toBe(0);
  expect((await stat(output)).mode & 0o111).not.toBe(0);
  const ran = await execa(output, ['-c', 'import pygments; print(pygments.__version__)'], {
    env: { HOME: home, PATH: process.env['PATH'] },
    extendEnv: false
  });
  expect(ran.stdout).toBe('2.21.0');
  expect(built.stdout).toContain('In code archives, not in the artifact: harbour');
});

test.each([
  ['in a folder that is not there', join('no', 'folder.pex')],
  ['below a file', join('file', 'env.pex')],
  ['where a folder is', 'folder']
])('build names an output that cannot be written: %s', async (_, name) => {
  const home = await temporaryFolder();
  await writeFile(join(home, 'file'), '');
  await mkdir(join(home, 'folder'));
  const output = join(home, name);
  const { stdout, exitCode } = await shipEnv(home, ['build', '--python', kernel.python, '--output', output, '--json']);
  expect(events(stdout).at(-1)).toMatchObject({ code: 'USAGE_INVALID', message: expect.stringContaining(output) });
  expect(exitCode).toBe(2);
  expect(await readdir(home)).not.toContainEqual(expect.stringMatching(/\.tmp$/));
});

test('what a killed build left beside its output goes at the next build, and nothing else does', async () => {
  const home = await temporaryFolder();
  const folder = join(home, 'out');
  await mkdir(folder);
  const output = join(folder, 'environment.pex');
  const killed = `.${await deadOwner()}.environment.pex.${randomUUID()}.tmp`;
  await writeFile(join(folder, killed), '');
  const foreign = `.notes.${randomUUID()}.tmp`;
  await writeFile(join(folder, foreign), '');
  await utimes(join(folder, foreign), 1, 1);
  const built = await shipEnv(home, ['build', '--python', kernel.python, '--output', output]);
  expect(built.exitCode, built.stderr).toBe(0);
  expect((await readdir(folder)).sort()).toEqual([foreign, 'environment.pex']);
});

test('build makes a PEX executable, and an archive not', async () => {
  const home = await temporaryFolder();
  const output = join(home, 'env');
  const modes: number[] = [];
  for (const format of ['pex', 'archive']) {
    await shipEnv(home, ['build', '--python', kernel.python, '--output', output, '--format', format]);
    modes.push((await stat(output)).mode & 0o111);
  }
  expect(modes).toEqual([0o111, 0]);
});

test.each([
  ['env.tar.gz', [], '.tar.gz'],
  ['env.tar.gz', ['--format', 'pex'], '.pex'],
  ['env.pex', [], '.pex'],
  ['env', [], '.pex']
])('build into %s with %j makes a file of the kind %s', async (name, options, suffix) => {
  const home = await temporaryFolder();
  const args = ['build', '--python', kernel.python, '--output', join(home, name), '--json', ...options];
  const { stdout } = await shipEnv(home, args);
  const result: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(result).toMatchObject({ artifact: { name: expect.stringMatching(new RegExp(`\\${suffix}$`)) } });
});

test('snapshot, list, check and doctor answer in JSON and in words', async () => {
  const home = await temporaryFolder();
  const target = ['--target', `file://${join(home, 'target')}`];
  const json = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await shipEnv(home, [...args, '--json'])).stdout);
  expect(await json('snapshot', '--python', kernel.python)).toMatchObject({
    interpreter: { prefix: join(kernel.folder, 'venv') },
    editables: [{ name: 'harbour' }]
  });
  expect((await shipEnv(home, ['list', ...target])).stdout).toContain('Nothing on');
  await shipEnv(home, ['ship', '--python', kernel.python, ...target]);
  expect(await json('list', ...target)).toMatchObject({ artifacts: [{ distributions: 1 }] });
  expect(await json('check', ...target)).toMatchObject({ writeMs: expect.any(Number), deleteMs: expect.any(Number) });
  const doctor = await shipEnv(home, ['doctor', '--python', kernel.python, ...target]);
  expect(doctor.exitCode).toBe(1);
  expect(doctor.stdout).toMatch(/^✗ pyspark .*\n {2}.*pip install pyspark/m);
  expect(doctor.stdout).toMatch(/^✓ target /m);
});

test('list says below an artifact that is gone what to do', async () => {
  const home = await temporaryFolder();
  const folder = join(home, 'target');
  const target = ['--target', `file://${folder}`];
  await shipEnv(home, ['ship', '--python', kernel.python, ...target]);
  const [artifact = ''] = (await readdir(folder)).filter(name => name.endsWith('.pex'));
  await rm(join(folder, artifact));
  const [first = '', second = ''] = (await shipEnv(home, ['list', ...target])).stdout.split('\n');
  expect(first).toBe(`${artifact.replace('.pex', '')}  The artifact ${artifact} is missing.`);
  expect(second.trimStart()).toBe('The next ship of its environment sends it again.');
  expect(second.length - second.trimStart().length).toBe(first.indexOf('The artifact'));
});

test('the interrupt key cancels: exit code 130, and nothing on the target', async () => {
  const home = await temporaryFolder();
  const target = join(home, 'target');
  const shipping = startShipEnv(home, ['ship', '--python', kernel.python, '--target', `file://${target}`, '--json']);
  const exited = exitOf(shipping);
  let last = '';
  for await (const line of createInterface(shipping.stdout)) {
    if (line.includes('"plan"')) shipping.kill('SIGINT');
    last = line;
  }
  expect(await exited).toBe(130);
  expect(JSON.parse(last)).toMatchObject({ code: 'SHIP_CANCELLED' });
  expect((await shipEnv(home, ['list', '--target', `file://${target}`, '--json'])).stdout).toBe(
    '{"type":"result","artifacts":[],"releases":[]}'
  );
});

test('a ship whose reader goes away is cancelled: nothing stays on the target', async () => {
  const home = await temporaryFolder();
  const target = `file://${join(home, 'target')}`;
  const shipping = startShipEnv(home, ['ship', '--python', kernel.python, '--target', target, '--json']);
  const exited = exitOf(shipping);
  await once(shipping.stdout, 'data');
  shipping.stdout.destroy();
  expect(await exited).toBe(130);
  expect((await shipEnv(home, ['list', '--target', target, '--json'])).stdout).toBe(
    '{"type":"result","artifacts":[],"releases":[]}'
  );
});

test('a cache that cannot be made is an error, also where nothing can ever be made', async () => {
  const home = await temporaryFolder();
  const { stderr } = await shipEnv(home, ['snapshot', '--python', kernel.python], { SHIP_ENV_CACHE: '/proc/x/y' });
  expect(stderr).toContain('CACHE_UNUSABLE');
});

test('a foreign name on the target stays on its line in what prune prints', async () => {
  const home = await temporaryFolder();
  const target = join(home, 'target');
  await mkdir(target);
  await writeFile(join(target, 'one\nremoved  other'), '');
  const { stdout, exitCode } = await shipEnv(home, ['prune', '--dry-run', '--target', `file://${target}`]);
  expect({ stdout, exitCode }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('one\\u000aremoved') });
});
