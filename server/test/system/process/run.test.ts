import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ProcessError, TAIL_LENGTH, run } from '../../../src/system/process/run.js';

const signal = new AbortController().signal;
const node = (script: string, options: Partial<Parameters<typeof run>[2]> = {}): ReturnType<typeof run> =>
  run(process.execPath, ['-e', script], { signal, ...options });

describe('run', () => {
  it('returns what the program wrote, with its last line end', async () => {
    await expect(node('console.log("é"); console.error("e")')).resolves.toEqual({ stdout: 'é\n', stderr: 'e\n' });
  });

  it('gives input, and an empty one when there is none', async () => {
    const echo = 'process.stdin.pipe(process.stdout)';
    expect((await node(echo, { input: 'in' })).stdout).toBe('in');
    expect((await node(echo)).stdout).toBe('');
  });

  it('sets and takes away variables of the environment', async () => {
    process.env['RUN_TEST_GONE'] = '1';
    const script = 'console.log(process.env.RUN_TEST_SET, process.env.RUN_TEST_GONE, "PATH" in process.env)';
    const { stdout } = await node(script, { env: { RUN_TEST_SET: 'yes', RUN_TEST_GONE: undefined } });
    expect(stdout).toBe('yes undefined true\n');
  });

  it('hands over lines as they come', async () => {
    const lines: string[] = [];
    await node('console.log("a"); console.log("b")', { onLine: line => lines.push(line) });
    expect(lines).toEqual(['a', 'b']);
  });

  it('fails with what the listener throws', async () => {
    const onLine = (): never => {
      throw new RangeError('mine');
    };
    await expect(node('console.log("a")', { onLine })).rejects.toThrow(RangeError);
  });

  it.each<[string, () => Promise<unknown>, Partial<ProcessError>]>([
    [
      'an exit code',
      () => node('console.error("why"); process.exit(3)'),
      { reason: 'exit-code', exitCode: 3, stderrTail: 'why\n' }
    ],
    [
      'an exit code while lines are followed',
      () => node('process.exit(4)', { onLine: () => {} }),
      { reason: 'exit-code', exitCode: 4 }
    ],
    ['a missing program', () => run('/no/such/program', [], { signal }), { reason: 'not-found' }],
    ['a file that is no program', () => run('/etc/passwd', [], { signal }), { reason: 'not-executable' }],
    ['a kill', () => node('process.kill(process.pid, "SIGKILL")'), { reason: 'killed' }],
    ['a timeout', () => node('setInterval(() => {}, 1000)', { timeoutMs: 50 }), { reason: 'timeout' }],
    [
      'too much output',
      () => node('process.stdout.write("x".repeat(100))', { outputLimit: 10 }),
      { reason: 'output-limit' }
    ]
  ])('tells %s apart', async (_what, start, expected) => {
    const error: unknown = await start().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ProcessError);
    expect(error).toMatchObject(expected);
  });

  it('keeps the tail of a long output only', async () => {
    const error: unknown = await node('process.stderr.write("x".repeat(9999)+"end"); process.exitCode = 1').catch(
      (caught: unknown) => caught
    );
    expect(error).toHaveProperty('stderrTail', expect.stringMatching(/end$/));
    expect(error).toHaveProperty('stderrTail.length', TAIL_LENGTH);
  });

  it('ends the program and what it started when it is aborted', async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const script = `const c = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
      console.log(process.pid); console.log(c.pid); setInterval(() => {}, 1000)`;
    const started = new EventTarget();
    const running = node(script, {
      signal: controller.signal,
      onLine: line => {
        if (pids.push(Number(line)) === 2) started.dispatchEvent(new Event('both'));
      }
    });
    void once(started, 'both').then(() => {
      controller.abort();
    });
    await expect(running).rejects.toHaveProperty('name', 'AbortError');
    await untilGone(pids);
  });

  it('ends what a program started that wrote more than it may', async () => {
    const pids: number[] = [];
    const script = `const c = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
      console.log(c.pid); setInterval(() => console.log("x".repeat(999)), 1)`;
    const running = node(script, { outputLimit: 5000, onLine: line => pids.push(Number(line)) });
    await expect(running).rejects.toMatchObject({ reason: 'output-limit' });
    await untilGone(pids.slice(0, 1));
  });

  it('does not start when it was aborted before', async () => {
    await expect(run('/no/such/program', [], { signal: AbortSignal.abort() })).rejects.toHaveProperty(
      'name',
      'AbortError'
    );
  });
});

/** init reaps a grandchild, at some later moment. */
async function untilGone(pids: readonly number[]): Promise<void> {
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  while (pids.some(isAlive)) await new Promise(resolve => setImmediate(resolve));
}
