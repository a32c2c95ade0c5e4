import { cp, lstat, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { takeSnapshot } from '../../../src/environment/index.js';
import { makeRelocatablePython } from '../../support/relocatable-python.js';
import { NEVER, Workshop, basePython, type Made } from '../fixtures.js';
import { archiveOf, planOf, unpack } from './workshop.js';

let workshop: Workshop;
/** A virtual environment of a relocatable python. */
let kernel: string;
let made: Made;
let environment: string;

beforeAll(async () => {
  workshop = await Workshop.open();
  const python = await makeRelocatablePython(workshop.path('python'));
  kernel = await venvOf(python, 'kernel');
  made = await archiveOf(kernel, workshop.path('env.tar.gz'), { cache: workshop.cache, includeInterpreter: true });
  await unpack(made.path, workshop.path('unpacked'));
  environment = workshop.path('moved, with spaces');
  await rename(workshop.path('unpacked'), environment);
});
afterAll(() => workshop.remove());

async function venvOf(python: string, name: string): Promise<string> {
  await execa('uv', ['--quiet', 'venv', '--python', python, workshop.path(name)]);
  const kernelPython = workshop.path(name, 'bin', 'python');
  const install = ['pip', 'install', '--link-mode', 'copy', '--python', kernelPython, '--no-deps'];
  await execa('uv', ['--quiet', ...install, 'markupsafe==3.0.2', await workshop.wheel()]);
  return kernelPython;
}

function refusal(python: string, cache: Cache): Promise<unknown> {
  return takeSnapshot({ python, cache, signal: NEVER })
    .then(snapshot => planOf(snapshot, { cache, includeInterpreter: true }))
    .catch((error: unknown) => error);
}

describe('an archive with the interpreter inside', () => {
  test('runs where there is no other python: program, standard library, shared libraries and packages are its own', async () => {
    await rename(workshop.path('python'), workshop.path('gone'));
    try {
      const source = `
import json, os, ssl, sqlite3, sys, ctypes, markupsafe._speedups, harbor_kit
maps = [line.split(None, 5)[5].strip() for line in open("/proc/self/maps") if "python" in line or "ssl" in line]
print(json.dumps([sys.prefix, sys.base_prefix, os.__file__, sys.executable, sorted(set(maps))]))
`;
      const env = { PATH: '/usr/bin:/bin' };
      const { stdout } = await execa(join(environment, 'bin', 'python'), ['-c', source], {
        ...{ cwd: '/', env, extendEnv: false }
      });
      const [prefix, basePrefix, os, executable, maps] = JSON.parse(stdout) as [
        string,
        string,
        string,
        string,
        string[]
      ];
      expect([prefix, basePrefix]).toEqual([environment, environment]);
      for (const path of [os, executable, ...maps]) expect(path.startsWith(`${environment}/`), path).toBe(true);
      expect(maps.some(path => path.includes('_ssl'))).toBe(true);
    } finally {
      await rename(workshop.path('gone'), workshop.path('python'));
    }
  });

  test('the standard library is compiled: Python writes and checks nothing', async () => {
    const source =
      'import argparse, pathlib; p = pathlib.Path(argparse.__cached__); print(p.is_file(), p.read_bytes()[4])';
    const { stdout } = await execa(join(environment, 'bin', 'python'), ['-c', source], { extendEnv: false });
    // The 1 stands for a compiled module that is not compared with its source (PEP 552).
    expect(stdout).toBe('True 1');
  });

  test('the names of python are links to the program, scripts run it, and no file makes a virtual environment of it', async () => {
    const program = await readlink(join(environment, 'bin', 'python'));
    expect(program).toMatch(/^python3\.\d+$/);
    expect((await lstat(join(environment, 'bin', program))).isFile()).toBe(true);
    await expect(lstat(join(environment, 'pyvenv.cfg'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(execa(join(environment, 'bin', 'harbor'))).resolves.toMatchObject({ stdout: 'console 1.2' });
  });

  test('the manifest says so, and no finding asks for a python on the nodes', () => {
    expect(made.built.manifest).toMatchObject({ format: 'archive', hasInterpreter: true });
    expect(made.built.manifest.segments[0]).toMatchObject({ name: 'python-interpreter' });
    expect(made.plan.findings.map(({ kind }) => kind)).not.toContain('node-python');
  });

  test('equal interpreters give equal bytes, from another cache and another folder', async () => {
    await cp(workshop.path('python'), workshop.path('elsewhere'), { recursive: true, verbatimSymlinks: true });
    const name = (await readlink(join(environment, 'bin', 'python'))) || 'python3';
    const again = await archiveOf(
      await venvOf(workshop.path('elsewhere', 'bin', name), 'other-kernel'),
      workshop.path('again.tar.gz'),
      { cache: await Cache.open(workshop.path('other-cache')), includeInterpreter: true }
    );
    expect(again.built.id).toBe(made.built.id);
    expect((await readFile(again.path)).equals(await readFile(made.path))).toBe(true);
  });

  test('an edit of the standard library gives another archive', async () => {
    const { stdout } = await execa(kernel, ['-c', 'import this; print(this.__file__)']);
    const path = stdout.split('\n').at(-1) ?? '';
    const before = await readFile(path);
    try {
      await writeFile(path, Buffer.concat([before, Buffer.from('# edited\n')]));
      const snapshot = await takeSnapshot({ python: kernel, cache: workshop.cache, signal: NEVER });
      const plan = await planOf(snapshot, { cache: workshop.cache, includeInterpreter: true });
      expect(plan.id).not.toBe(made.built.id);
    } finally {
      await writeFile(path, before);
    }
  });
});

describe('an interpreter that works in its own folder only is refused, and the error says why:', () => {
  test('its program looks for a library in a folder of this machine', async () => {
    const folder = workshop.path('bound');
    await cp(workshop.path('python'), folder, { recursive: true });
    const program = await realpath(join(folder, 'bin', await readlink(join(environment, 'bin', 'python'))));
    await rename(join(folder, 'lib', await libraryOf(program)), join(folder, 'lib', 'libbound.so'));
    await execa('patchelf', ['--replace-needed', await libraryOf(program), 'libbound.so', program]);
    await execa('patchelf', ['--set-rpath', join(folder, 'lib'), program]);
    await expect(refusal(await venvOf(program, 'bound-kernel'), workshop.cache)).resolves.toMatchObject({
      code: 'PYTHON_NOT_RELOCATABLE',
      message: expect.stringContaining(`looks for libbound.so in ${join(folder, 'lib')} only`),
      hint: expect.stringContaining('uv python install')
    });
  });

  test('an extension module needs a library of the system', async () => {
    const folder = workshop.path('leaning');
    await cp(workshop.path('python'), folder, { recursive: true });
    await rm(join(folder, 'lib', 'libcrypto.so.3'), { force: true });
    const program = join(folder, 'bin', await readlink(join(environment, 'bin', 'python')));
    await expect(refusal(await venvOf(program, 'leaning-kernel'), workshop.cache)).resolves.toMatchObject({
      code: 'PYTHON_NOT_RELOCATABLE',
      message: expect.stringMatching(/needs libcrypto\.so\.3 from the system/)
    });
  });

  test('it is the one that these tests stand on', async () => {
    await expect(refusal(await venvOf(await basePython(), 'plain'), workshop.cache)).resolves.toMatchObject({
      code: 'PYTHON_NOT_RELOCATABLE'
    });
  });
});

/** The name of the first library that a program needs besides those of the C library. */
async function libraryOf(program: string): Promise<string> {
  const { stdout } = await execa('patchelf', ['--print-needed', program]);
  const name = stdout.split('\n').find(needed => !/^(?:ld-linux|libc\.|libm\.|libdl|libpthread|libutil)/.test(needed));
  if (name === undefined) throw new Error(`${program} needs no library of its own.`);
  return name;
}
