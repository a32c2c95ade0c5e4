import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandFailed, endLeftovers, leftovers, run } from '../lib/process.mjs';

const PATIENT = { timeout: 30_000 };

describe('a child process', () => {
  it('hands over its lines and its exit code', async () => {
    /** @type {string[]} */
    const lines = [];
    const { code } = await run('sh', ['-c', 'echo one; echo two; exit 3'], {
      allowFailure: true,
      onLine: line => lines.push(line)
    });
    expect({ code, lines }).toEqual({ code: 3, lines: ['one', 'two'] });
  });

  it('throws with what it printed when it fails', async () => {
    const failed = run('sh', ['-c', 'echo out; echo why >&2; exit 4'], { stdout: 'capture' });
    await expect(failed).rejects.toBeInstanceOf(CommandFailed);
    await expect(failed).rejects.toMatchObject({ code: 4, output: 'out\nwhy\n' });
  });

  it('fails with 127 when there is no such program', async () => {
    const { code } = await run('ship-env-no-such-program', [], { stdout: 'capture', allowFailure: true });
    expect(code).toBe(127);
  });

  it('takes what it left in its process group with it', async () => {
    await run('sh', ['-c', 'sleep 1000 &'], { stdout: 'ignore' });
    await expect.poll(leftovers, PATIENT).toEqual([]);
  });

  it('is found, and ended, also when it left its process group', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ship-env-process-'));
    // The shell ends when the other process has said, through the pipe, that it is in a session of its own.
    const script = "mkfifo pipe; setsid sh -c 'echo ready > pipe; exec sleep 1000' & read ready < pipe";
    await run('sh', ['-c', script], { cwd: folder, stdout: 'ignore' });
    rmSync(folder, { recursive: true });
    await expect.poll(() => leftovers().map(({ command }) => command), PATIENT).toEqual(['sleep 1000']);
    const ended = await endLeftovers(0);
    expect(ended.map(({ command }) => command)).toEqual(['sleep 1000']);
    await expect.poll(leftovers, PATIENT).toEqual([]);
  });
});
