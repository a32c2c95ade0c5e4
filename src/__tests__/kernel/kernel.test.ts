import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { updateSession } from '../../kernel/live-update.js';
import { kernelPython } from '../../kernel/python.js';
import type { KernelWait } from '../../ship/types.js';
import { trans } from '../trans.js';
import { FakeKernel } from './fake-kernel.js';

let kernel: FakeKernel;
let abort: AbortController;
let waits: (KernelWait | null)[];

beforeEach(() => {
  kernel = new FakeKernel();
  abort = new AbortController();
  waits = [];
});

const wait = (): { signal: AbortSignal; onWait: (reason: KernelWait | null) => void } => ({
  signal: abort.signal,
  onWait: reason => waits.push(reason)
});
const ask = (): Promise<string> => kernelPython(kernel.connection, wait(), trans);

describe('asking which python runs', () => {
  it('returns the path, with any characters, and leaves no trace', async () => {
    const [python] = await Promise.all([ask(), kernel.answerText("/home/ann o'hara/venv ü/bin/python")]);
    expect(python).toBe("/home/ann o'hara/venv ü/bin/python");
    expect(kernel.requests).toMatchObject([{ code: '', silent: true, store_history: false, stop_on_error: false }]);
  });

  it('refuses a kernel that cannot import pyspark, and says how to install it', async () => {
    const asked = ask();
    await kernel.answerText('/venv/bin/python\nno pyspark');
    await expect(asked).rejects.toMatchObject({
      code: 'KERNEL_NO_PYSPARK',
      message: expect.stringContaining('/venv/bin/python'),
      hint: expect.stringContaining('%pip install pyspark==')
    });
  });

  it.each([
    ['without pyspark', {}, '\nno pyspark'],
    ['with pyspark on the PYTHONPATH', { PYTHONPATH: 'spark' }, '']
  ])('works with a real python: %s', async (_, env, note) => {
    const folder = await mkdtemp(join(tmpdir(), 'ship-env-kernel-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'spark/pyspark'), { recursive: true });
    await writeFile(join(folder, 'spark/pyspark/__init__.py'), 'raise RuntimeError("imported")');
    const asked = ask();
    while (kernel.requests.length === 0) await Promise.resolve();
    const { ship_env: expression } = z.object({ ship_env: z.string() }).parse(kernel.requests[0]?.['user_expressions']);
    const run = promisify(execFile);
    const base64 = (
      await run('python3', ['-S', '-c', `print(${expression})`], { cwd: folder, env: { ...process.env, ...env } })
    ).stdout;
    expect(Buffer.from(base64, 'base64').toString()).toMatch(new RegExp(`^/.*python[^\\n]*${note}$`));
    abort.abort();
    await expect(asked).rejects.toThrow();
  });

  it.each([
    ['busy', 'busy'],
    ['starting', 'starting'],
    ['unknown', 'starting']
  ])('reports that it waits for a kernel that is %s, and waits', async (status, reason) => {
    kernel.status = status;
    const python = ask();
    await kernel.answerText('/p');
    await python;
    expect(waits).toContain(reason);
    expect(waits.at(-1)).toBeNull();
  });

  it('asks again when a failing cell made the kernel drop the question', async () => {
    const python = ask();
    await kernel.answer({ status: 'aborted' });
    await kernel.answerText('/p');
    expect(await python).toBe('/p');
    expect(kernel.requests).toHaveLength(2);
  });

  it.each(['dead', 'restarting', 'autorestarting', 'terminating'])(
    'does not wait for a kernel that becomes %s',
    async status => {
      const python = ask();
      await expect.poll(() => kernel.requests).toHaveLength(1);
      kernel.changeStatus(status);
      await expect(python).rejects.toMatchObject({ code: 'KERNEL_DIED' });
    }
  );

  it('does not wait for a kernel that was replaced', async () => {
    const python = ask();
    await expect.poll(() => kernel.requests).toHaveLength(1);
    kernel.isDisposed = true;
    kernel.disposed.emit();
    await expect(python).rejects.toMatchObject({ code: 'KERNEL_DIED' });
  });

  it('sends no request to a kernel that is dead already', async () => {
    kernel.status = 'dead';
    await expect(ask()).rejects.toMatchObject({ code: 'KERNEL_DIED' });
    expect(kernel.requests).toEqual([]);
  });

  it('stops waiting when cancelled', async () => {
    kernel.status = 'busy';
    const python = ask();
    abort.abort(new Error('cancelled'));
    await expect(python).rejects.toThrow('cancelled');
  });

  it('knows a kernel of another language by its kernelspec, without asking the kernel', async () => {
    kernel.spec = Promise.resolve({ language: 'R' });
    await expect(ask()).rejects.toMatchObject({ code: 'KERNEL_NOT_PYTHON' });
    expect(kernel.requests).toEqual([]);
  });

  it('asks a kernel without a kernelspec for its language', async () => {
    kernel.spec = Promise.resolve(undefined);
    kernel.info = Promise.resolve({ language_info: { name: 'julia' } });
    await expect(ask()).rejects.toMatchObject({ code: 'KERNEL_NOT_PYTHON' });
  });

  it.each([
    { status: 'error', ename: 'NameError', evalue: 'x', traceback: ['a', 'b'] },
    { status: 'ok', user_expressions: { ship_env: { status: 'error', ename: 'NameError', evalue: 'x' } } },
    { status: 'ok' }
  ])('reports that Python cannot answer: %j', async reply => {
    const python = ask();
    await kernel.answer(reply);
    await expect(python).rejects.toMatchObject({ code: 'KERNEL_FAILED' });
  });

  it('does not ship the environment of a python that does not know its path', async () => {
    const python = ask();
    await kernel.answerText('');
    await expect(python).rejects.toMatchObject({ code: 'KERNEL_FAILED' });
  });
});

describe('updating the running session', () => {
  const live = { artifactId: 'env-1', source: 'x = 1', expression: 'x' };
  const update = (): ReturnType<typeof updateSession> => updateSession(kernel.connection, live, wait(), trans);

  it('runs the source and returns the state', async () => {
    const outcome = update();
    await kernel.answerText('{"state": "updated", "message": "m"}');
    expect(await outcome).toEqual({ state: 'updated', message: 'm' });
    expect(kernel.requests).toMatchObject([{ code: 'x = 1', silent: true }]);
  });

  it.each(['', 'no JSON', '{"state": "excellent"}'])('rejects "%s" as a state', async text => {
    const outcome = update();
    await kernel.answerText(text);
    await expect(outcome).rejects.toMatchObject({ code: 'SESSION_UPDATE_FAILED' });
  });
});
