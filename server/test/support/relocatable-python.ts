import { cp, mkdir, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** Those that every Linux node has. */
const ON_EVERY_NODE = /^(?:ld-linux|linux-vdso|libc\.|libm\.|libdl\.|libpthread\.|librt\.|libutil\.|libresolv\.)/;

/** Folders of a standard library that these tests have no use for. */
const LEFT_OUT = new Set(['site-packages', 'dist-packages', 'test', '__pycache__']);

/**
 * Makes an interpreter that runs in any folder, as those of uv are: a copy of the tests' own, with all libraries beside it
 * and found by `$ORIGIN`.
 *
 * @param folder - where nothing is
 * @returns path of the program
 */
export async function makeRelocatablePython(folder: string): Promise<string> {
  const { stdout } = await execa('python', [
    '-c',
    'import os, sys, sysconfig; print(os.path.realpath(sys.executable), sysconfig.get_path("stdlib"), "python%d.%d" % sys.version_info[:2])'
  ]);
  const [program = '', library = '', name = ''] = stdout.split(' ');
  const copy = join(folder, 'bin', name);
  const modules = join(folder, 'lib', name);
  await mkdir(join(folder, 'bin'), { recursive: true });
  await cp(program, copy);
  await cp(library, modules, {
    recursive: true,
    dereference: true,
    filter: source => !LEFT_OUT.has(source.slice(source.lastIndexOf('/') + 1)) && !source.includes('/_tkinter.')
  });
  const extensions = join(modules, 'lib-dynload');
  const programs = [copy, ...(await readdir(extensions)).map(file => join(extensions, file))];
  // One after the other: many share a library.
  for (const path of programs) await takeAlong(path, join(folder, 'lib'));
  return copy;
}

/** Copies what a program loads, and has the program and the copies look for it there. */
async function takeAlong(path: string, folder: string): Promise<void> {
  const { stdout } = await execa('ldd', [path]);
  for (const [, name = '', from = ''] of stdout.matchAll(/^\s*(\S+) => (\/\S+)/gm)) {
    if (ON_EVERY_NODE.test(name)) continue;
    const to = join(folder, name);
    await cp(await realpath(from), to, { errorOnExist: false, force: false });
    await setSearchPath(to, '$ORIGIN');
  }
  const up = dirname(path).endsWith('/bin') ? '$ORIGIN/../lib' : '$ORIGIN/../..';
  await setSearchPath(path, up);
}

async function setSearchPath(path: string, searchPath: string): Promise<void> {
  await execa('patchelf', ['--set-rpath', searchPath, path]);
}
