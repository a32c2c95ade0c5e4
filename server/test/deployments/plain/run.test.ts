import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { runEvent } from '../../../src/contract/ship.js';
import { BUNDLE, exitOf } from '../../support/bundle.js';
import type { KernelVenv } from '../../support/kernel-venv.js';
import { removeFolder, temporaryFolder } from '../../support/temporary.js';
import { WAYS, makeHarbour, runIn, shipTo, startRun } from './support.js';

let kernel: KernelVenv;
/** Home of the person who ships, and who starts most of the programs of these tests: what is fetched once stays. */
let home: string;
let named: string[];
let ofEnvironment: string[];
beforeAll(async () => {
  kernel = await makeHarbour();
  home = await mkdtemp(join(tmpdir(), 'ship-env-run-'));
  const target = `file://${join(home, 'target')}`;
  named = await shipTo(target, kernel, home);
  ofEnvironment = ['--python', kernel.python, '--target', target];
});
afterAll(() => Promise.all([kernel.remove(), removeFolder(home)]));

test('the command that config prints runs packages, code and its data on a machine without the environment', async () => {
  const elsewhere = await temporaryFolder();
  const ran = await runIn(elsewhere, named, ['-m', 'harbour', '--json', '-x']);
  expect(ran, ran.stderr).toMatchObject({ stdout: 'v1 quay 7 --json -x\n', exitCode: 0 });
  const places = await runIn(elsewhere, named, ['-c', 'import harbour, six; print(harbour.__file__, six.__file__)']);
  for (const path of places.stdout.trim().split(' ')) expect(path).toMatch(new RegExp(`^${elsewhere}/`, 'u'));
});

test('code archives come behind the packages of the artifact and before what the machine has, as on executors', async () => {
  const { stdout } = await runIn(home, named, ['-c', 'import sys; print(*sys.path[1:], sep="\\n")'], {
    env: { PYTHONPATH: '/of/the/person' }
  });
  const entries = stdout.trim().split('\n');
  const code = entries.findIndex(entry => entry.startsWith(join(home, '.cache')));
  expect(entries.findIndex(entry => entry.startsWith(join(home, 'node')))).toBe(0);
  expect(code).toBeGreaterThan(entries.findIndex(entry => entry.endsWith('lib-dynload')));
  expect(entries[code + 1]).toBe('/of/the/person');
});

test.each(WAYS)('exit code, arguments and standard input pass through where %s', async (_, env) => {
  const script = join(await temporaryFolder(), 'script.py');
  await writeFile(script, 'import sys\nprint(sys.argv[1:], sys.stdin.read())\nsys.exit(3)\n');
  const ran = await runIn(home, named, [script, 'a b', '--target'], { env, input: 'from the pipe' });
  expect(ran, ran.stderr).toMatchObject({ exitCode: 3, stdout: "['a b', '--target'] from the pipe\n" });
  expect(await runIn(home, named, ['-'], { env, input: 'print("read")' })).toMatchObject({
    exitCode: 0,
    stdout: 'read\n'
  });
  expect(await runIn(home, named, [], { env, input: 'print("read")' })).toMatchObject({
    exitCode: 0,
    stdout: 'read\n'
  });
});

test.each(
  WAYS.flatMap(([name, env]) => (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(signal => [signal, name, env] as const))
)('the program decides what %s means where %s', async (signal, _, env) => {
  const program =
    `import signal, sys\nsignal.signal(signal.${signal}, lambda *_: sys.exit(42))\n` +
    'print("ready", flush=True)\nwhile True: signal.pause()';
  const child = startRun(home, named, ['-c', program], env);
  const exited = exitOf(child);
  for await (const line of createInterface(child.stdout)) if (line === 'ready') child.kill(signal);
  expect(await exited).toBe(42);
});

test.each(WAYS)('a program that a signal killed ends as shells tell it where %s', async (_, env) => {
  const program = 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)';
  const command = [process.execPath, BUNDLE, 'run', ...named, '--', '-c', program];
  const { stdout } = await execa('sh', ['-c', '"$@"; echo "ended with $?"', 'sh', ...command], {
    env: { HOME: home, PATH: process.env['PATH'], SHIP_ENV_NODE_ROOT: join(home, 'node'), ...env },
    extendEnv: false
  });
  expect(stdout).toBe('ended with 137');
});

test('nothing lives on when the process is killed, since it is the program', async () => {
  const child = startRun(home, named, ['-c', 'import os, signal; print(os.getpid(), flush=True); signal.pause()']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [pid] = await createInterface(child.stdout)
    [Symbol.asyncIterator]()
    .next()
    .then(({ value }) => [Number(value)]);
  expect(pid).toBe(child.pid);
});

test('a program finds its pipes as the caller made them: writing to them blocks', async () => {
  const program = 'import fcntl, os; print([fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK for fd in (0, 1, 2)])';
  for (const [, env] of WAYS) expect((await runIn(home, named, ['-c', program], { env })).stdout).toBe('[0, 0, 0]\n');
});

test('an environment runs with its code as it is now, and only when that was shipped', async () => {
  const words = ['-c', 'import harbour; print(harbour.VERSION)'];
  expect(await runIn(home, ofEnvironment, words)).toMatchObject({ exitCode: 0, stdout: 'v1\n' });
  onTestFinished(() => kernel.edit('v1'));
  await kernel.edit('v2');
  const ran = await runIn(home, ofEnvironment, words);
  expect(ran).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringContaining('[ARTIFACT_NOT_SHIPPED]') });
  expect(ran.stderr).toContain('Run "ship-env ship" first.');
});

test.each([
  ['an artifact that is not there', () => ['--artifact', `env-${'0'.repeat(20)}`], 'ARTIFACT_NOT_SHIPPED'],
  ['a name that is none', () => ['--artifact', '../env'], 'USAGE_INVALID'],
  ['a pointer file that is not there', () => pointer(`${'0'.repeat(20)}-${'a'.repeat(32)}`), 'ARTIFACT_NOT_SHIPPED'],
  ['a pointer file that is none', () => pointer('latest'), 'USAGE_INVALID'],
  ['an option that there is not', () => ['--no-such-option'], 'USAGE_INVALID'],
  ['an artifact and an environment', () => ['--artifact', 'env-1', '--python', kernel.python], 'USAGE_INVALID'],
  ['an artifact and a format', () => ['--artifact', 'env-1', '--format', 'pex'], 'USAGE_INVALID'],
  ['no artifact and no environment', () => [], 'PYTHON_NO_ENVIRONMENT'],
  ['code without an artifact', () => ['--code', 'ship-env-code'], 'USAGE_INVALID'],
  ['a target that there is not', () => ['--target', 'nowhere'], 'TARGET_UNKNOWN']
])('%s: the program does not start, and the exit code is 125', async (_, options, code) => {
  const target = named.slice(0, 2);
  const { exitCode, stdout, stderr } = await runIn(home, [...target, ...options(), '--json'], ['-c', 'print("no")']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: '' });
  const lines = stderr.trim().split('\n');
  expect(runEvent.parse(JSON.parse(lines.at(-1) ?? ''))).toMatchObject({ type: 'error', code });
});

test('an artifact may be named as its file, which is what a ship prints', async () => {
  const [target = '', url = '', option = '', id = '', ...code] = named;
  const words = ['-c', 'import six; print(six.__version__)'];
  const ran = await runIn(home, [target, url, option, `${id}.pex`, ...code], words);
  expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: '1.17.0\n' });
});

test('without an artifact and an environment the person is told both options, and where they stand', async () => {
  const { stderr } = await runIn(home, named.slice(0, 2), ['script.py', '--python', kernel.python]);
  for (const text of ['--artifact env-…', '--python path/to/venv/bin/python', 'before the script'])
    expect(stderr).toContain(text);
});

function pointer(middle: string): string[] {
  return [...named.slice(2, 4), '--code', `ship-env-code-${middle}.json`];
}

test('a machine without the right Python hears so from the artifact, with exit code 127', async () => {
  const ran = await runIn(await temporaryFolder(), named, ['-c', ''], { env: { SHIP_ENV_PYTHON: '/no/such/python' } });
  expect(ran).toMatchObject({ exitCode: 127, stdout: '', stderr: expect.stringContaining('this node has none') });
});

test('with --json stderr begins with JSON lines, and the last of them says that the program starts', async () => {
  const program = 'import sys; print("out"); print("error", file=sys.stderr); sys.exit(125)';
  const { exitCode, stdout, stderr } = await runIn(home, [...ofEnvironment, '--json'], ['-c', program]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: 'out\n' });
  const lines = stderr.trim().split('\n');
  expect(lines.pop()).toBe('error');
  const events = lines.map(line => runEvent.parse(JSON.parse(line)));
  expect(events.at(-1)).toMatchObject({
    type: 'result',
    artifact: named[3],
    code: [expect.stringMatching(/^harbour-/u)]
  });
  const done = events.flatMap(event => (event.type === 'step' && event.state === 'done' ? [event.name] : []));
  expect(done).toEqual(['snapshot', 'plan', 'fetch']);
});
