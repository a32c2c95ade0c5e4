import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { orLeaveBehind } from '../../../src/system/files/leave-behind.js';
import { BUNDLE } from '../../support/bundle.js';
import { hostileEnvironment, type HostileEnvironment } from '../../support/hostile-files.js';
import { Sidecar } from '../../support/sidecar.js';

let root: string;
let environment: HostileEnvironment;
let preload: string;

/**
 * Replaces a file system that does not answer: one of Node's file threads opens each METADATA, which is a FIFO, and
 * waits in the system for ever.
 */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ship-env-hanging-'));
  environment = hostileEnvironment(root);
  const fifo = join(root, 'fifo');
  execFileSync('mkfifo', [fifo]);
  preload = join(root, 'hang.mjs');
  writeFileSync(
    preload,
    `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { open } = fs.promises;
fs.promises.open = (path, ...more) => {
  if (!String(path).endsWith('/METADATA')) return open(path, ...more);
  fs.writeFileSync(${JSON.stringify(join(root, 'hangs'))}, '');
  return open(${JSON.stringify(fifo)}, 'r');
};
syncBuiltinESMExports();
`
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Settles when a read hangs. */
async function hanging(): Promise<void> {
  await vi.waitFor(() => rmSync(join(root, 'hangs')), { timeout: 60_000 });
}

describe('while a read hangs', () => {
  it('SIGTERM ends the command, and says so', async () => {
    const args = ['--import', pathToFileURL(preload).href, BUNDLE, 'snapshot', '--json', '--python', environment.venv];
    const child = spawn(process.execPath, args, {
      env: { HOME: mkdtempSync(join(root, 'home-')), PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe']
    });
    const output = text(child.stdout);
    await hanging();
    child.kill('SIGTERM');
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, string | null];
    // A shell reports both as 130.
    expect([130, 'SIGINT']).toContain(exitCode ?? signal);
    expect(JSON.parse(await output)).toMatchObject({ type: 'error', code: 'SHIP_CANCELLED' });
  });

  it('a ship of the sidecar that is cancelled answers', async () => {
    const sidecar = await Sidecar.start({ NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` });
    const url = `file://${mkdtempSync(join(root, 'target-'))}`;
    const target = { name: '', url, endpoint: '', region: '', pathStyle: false, profile: '', shared: false };
    const id = await sidecar.start({ python: environment.venv, target, master: 'local-cluster[1,1,1024]' });
    await hanging();
    expect(await sidecar.cancel(id)).toMatchObject({ type: 'error', code: 'SHIP_CANCELLED' });
    process.kill(sidecar.pid, 'SIGKILL');
  });
});

describe('work that reads', () => {
  it('is left behind when it is cancelled and does not end', async () => {
    const cancel = new AbortController();
    const waiting = orLeaveBehind(cancel.signal, () => new Promise(() => undefined), 1);
    cancel.abort();
    await expect(waiting).rejects.toHaveProperty('name', 'AbortError');
  });

  it('is waited for when it ends in time, however it does', async () => {
    const cancel = new AbortController();
    cancel.signal.addEventListener('abort', () => settle('done'));
    let settle: (value: string) => void = () => undefined;
    const waiting = orLeaveBehind(cancel.signal, () => new Promise<string>(resolve => (settle = resolve)), 60_000);
    cancel.abort();
    expect(await waiting).toBe('done');
  });
});
