import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { takeSnapshot } from '../../src/environment/index.js';
import { snap, temporaryFolder, uvVenv } from './fixtures.js';

const root = temporaryFolder();

/** A program that replaces a python that this machine does not have. */
function program(name: string, script: string): string {
  const path = join(root, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const answer = (changes: Record<string, unknown>): string =>
  JSON.stringify({
    implementation: 'cpython',
    version: '3.11.7',
    major: 3,
    minor: 11,
    soabi: 'cpython-311-x86_64-linux-gnu',
    platform: 'linux-x86_64',
    prefix: '/p',
    basePrefix: '/p',
    siteDirectories: [],
    ...changes
  });

describe('a python that cannot be used', () => {
  it.each([
    ['is not there', () => join(root, 'no', 'python'), 'PYTHON_NOT_FOUND'],
    ['is an empty folder', () => root, 'PYTHON_NOT_FOUND'],
    ['fails', () => program('fails', 'echo broken >&2; exit 3'), 'PYTHON_NOT_FOUND'],
    ['says something else', () => program('chatty', 'echo hello'), 'PYTHON_NOT_FOUND'],
    [
      'is Python 2, which knows no -I',
      () => program('two', '[ "$1" = --version ] && { echo Python 2.7.18 >&2; exit 0; }; exit 2'),
      'PYTHON_UNSUPPORTED'
    ],
    [
      'is Python 3.8',
      () => program('eight', `echo '${answer({ version: '3.8.18', minor: 8 })}'`),
      'PYTHON_UNSUPPORTED'
    ],
    ['is PyPy', () => program('pypy', `echo '${answer({ implementation: 'pypy' })}'`), 'PYTHON_UNSUPPORTED']
  ])('%s', async (_what, python, code) => {
    await expect(snap(python())).rejects.toMatchObject({ code, hint: expect.stringMatching(/\S/) });
  });

  it('is not executable', async () => {
    const path = program('plain', '');
    chmodSync(path, 0o644);
    await expect(snap(path)).rejects.toMatchObject({ code: 'PYTHON_NOT_FOUND' });
  });

  it('is misspelt: the hint names the one beside it', async () => {
    const bin = join(root, 'whole', 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(root, 'whole', 'pyvenv.cfg'), 'home = /usr/bin\n');
    writeFileSync(join(bin, 'python'), '');
    const hint = `Check the path. The same folder has ${join(bin, 'python')}.`;
    await expect(snap(join(bin, 'pythn'))).rejects.toMatchObject({ code: 'PYTHON_NOT_FOUND', hint });
  });

  it('has lost its base: the hint names where it was', async () => {
    const folder = join(root, 'orphan');
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'pyvenv.cfg'), 'home = /opt/old/bin\n');
    symlinkSync('/opt/old/bin/python3', join(folder, 'bin', 'python'));
    await expect(snap(join(folder, 'bin', 'python'))).rejects.toMatchObject({
      code: 'PYTHON_NOT_FOUND',
      hint: expect.stringContaining('/opt/old/bin')
    });
  });

  it('hangs: the snapshot can be aborted', async () => {
    const started = join(root, 'started');
    const python = program('hangs', `echo $$ > '${started}.part'; mv '${started}.part' '${started}'; sleep 600`);
    const controller = new AbortController();
    const snapshot = takeSnapshot({ python, cache: await Cache.open(join(root, 'cache')), signal: controller.signal });
    const abortOnceStarted = async (): Promise<void> => {
      while (!readdirSync(root).includes('started')) await new Promise(resolve => setImmediate(resolve));
      controller.abort();
    };
    void abortOnceStarted();
    await expect(snapshot).rejects.toHaveProperty('name', 'AbortError');
  });
});

describe('a conda environment', () => {
  const conda = join(root, 'conda env');
  mkdirSync(join(conda, 'conda-meta'), { recursive: true });
  const venv = join(root, 'venv of conda');
  const site = (prefix: string, layer: string): object => ({
    path: join(prefix, 'lib/python3.11/site-packages'),
    prefix,
    layer
  });
  const snapOf = (name: string, changes: Record<string, unknown>): Promise<unknown> =>
    snap(program(name, `echo '${answer({ basePrefix: conda, ...changes })}'`));

  it('is refused, and the hint makes a virtual environment from it', async () => {
    await expect(
      snapOf('conda', { prefix: conda, siteDirectories: [site(conda, 'environment')] })
    ).rejects.toMatchObject({
      code: 'PYTHON_UNSUPPORTED',
      message: expect.stringContaining(`conda environment ${conda}`),
      hint: expect.stringContaining(`'${conda}/bin/python' -m venv`)
    });
  });

  it('is refused as the base whose packages a virtual environment sees', async () => {
    const siteDirectories = [site(venv, 'environment'), site(conda, 'base')];
    await expect(snapOf('conda-seen', { prefix: venv, siteDirectories })).rejects.toMatchObject({
      code: 'PYTHON_UNSUPPORTED',
      message: expect.stringContaining(`conda environment ${conda}`)
    });
  });

  it('is fine as the base of a virtual environment that sees none of its packages', async () => {
    const siteDirectories = [site(venv, 'environment')];
    await expect(snapOf('venv-of-conda', { prefix: venv, siteDirectories })).resolves.toMatchObject({
      interpreter: { prefix: venv, basePrefix: conda }
    });
  });
});

describe('the answer of an interpreter', () => {
  it('is asked for once, and again when the cache is damaged or the executable changed', async () => {
    const calls = join(root, 'calls');
    const python = program('counting', `echo x >> '${calls}'; echo '${answer({})}'`);
    const cache = await Cache.open(join(root, 'counting cache'));
    const take = (): Promise<unknown> => takeSnapshot({ python, cache, signal: new AbortController().signal });
    const count = (): number => readFileSync(calls, 'utf8').length / 2;
    await take();
    await take();
    expect(count()).toBe(1);
    const [folder = ''] = readdirSync(join(cache.root, 'interpreters', 'v1'));
    const [entry = ''] = readdirSync(join(cache.root, 'interpreters', 'v1', folder));
    writeFileSync(join(cache.root, 'interpreters', 'v1', folder, entry), '{');
    await take();
    await take();
    expect(count()).toBe(2);
    program('counting', `echo x >> '${calls}'; echo '${answer({ version: '3.11.8' })}'`);
    expect(await take()).toMatchObject({ interpreter: { version: '3.11.8' } });
  });
});

describe('a file that cannot be read', () => {
  it('is named', async () => {
    const venv = uvVenv(join(root, 'venv'));
    const [lib = ''] = readdirSync(join(venv, 'lib'));
    const site = join(venv, 'lib', lib, 'site-packages');
    // A folder: it cannot be read as a file, not even by root.
    rmSync(site, { recursive: true });
    mkdirSync(join(site, 'demo-1.0.dist-info', 'METADATA'), { recursive: true });
    await expect(snap(venv)).rejects.toMatchObject({
      code: 'SNAPSHOT_UNREADABLE',
      message: expect.stringContaining(join(site, 'demo-1.0.dist-info', 'METADATA'))
    });
  });
});
