import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readdir, rename, rm, stat, utimes, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { pack, type Header } from 'tar-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KernelVenv } from '../../support/kernel-venv.js';
import { makeRelocatablePython } from '../../support/relocatable-python.js';
import { removeFolder, temporaryFolder } from '../../support/temporary.js';
import { fetchedIn, makeHarbour, runIn, shipTo } from './support.js';

let kernel: KernelVenv;
/** A folder with the relocatable python, and the person who ships. */
let home: string;
let target: string;
let named: string[];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ship-env-run-archive-'));
  kernel = await makeHarbour();
  target = `file://${join(home, 'target')}`;
  named = await shipTo(target, kernel, home, {}, ['--format', 'archive']);
});
afterAll(() => Promise.all([kernel.remove(), removeFolder(home)]));

const VERSION = ['-c', 'import harbour, six; print(harbour.VERSION, six.__version__)'];
const RIGHT = { exitCode: 0, stdout: 'v1 1.17.0\n' };

test('an archive runs with its code, whose data can be opened, on a machine without the environment', async () => {
  const elsewhere = await temporaryFolder();
  const ran = await runIn(elsewhere, named, ['-m', 'harbour', '--json', '-x']);
  expect(ran, ran.stderr).toMatchObject({ stdout: 'v1 quay 7 --json -x\n', exitCode: 0 });
  const places = await runIn(elsewhere, named, [
    '-c',
    'import sys, harbour, six; print(harbour.__file__, six.__file__, sys.prefix)'
  ]);
  for (const path of places.stdout.trim().split(' ')) expect(path).toMatch(new RegExp(`^${elsewhere}/`, 'u'));
});

test('a program learns what it runs from an archive, too', async () => {
  // The tests run in the folder of the checkout, which has the whole package.
  const elsewhereThan = 'import sys; sys.path[:] = filter(None, sys.path); ';
  const script = 'import jupyterlab_ship_env as s; print(s.current(master="yarn").conf["spark.pyspark.python"])';
  const elsewhere = await temporaryFolder();
  const ran = await runIn(elsewhere, named, ['-c', elsewhereThan + script]);
  expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: './environment/bin/python\n' });
});

test('packages of the archive win over the code, as on executors', async () => {
  const { stdout } = await runIn(home, named, ['-c', 'import sys; print(*sys.path[1:], sep="\\n")']);
  const entries = stdout.trim().split('\n');
  const packages = entries.findIndex(entry => entry.endsWith('/site-packages'));
  const code = entries.findIndex(entry => /\/unpacked\/.*\/content$/u.test(entry));
  expect(packages).toBeGreaterThan(0);
  expect(new Set(entries).size).toBe(entries.length);
  expect(code, stdout).toBeGreaterThan(packages);
});

test('what the environment of this machine would ship runs by --python, in the same format', async () => {
  const options = ['--python', kernel.python, '--target', target, '--format', 'archive'];
  expect(await runIn(home, options, VERSION)).toMatchObject(RIGHT);
});

test('a file of it that was changed in the cache is noticed, and the archive is unpacked anew', async () => {
  const elsewhere = await temporaryFolder();
  expect(await runIn(elsewhere, named, VERSION)).toMatchObject(RIGHT);
  const path = (await fetchedIn(elsewhere)).find(file => file.endsWith('/site-packages/six.py')) ?? '';
  const { atime, mtime } = await stat(path);
  // Python would run the compiled module beside it: that one is edited too.
  const compiled = (await fetchedIn(elsewhere)).find(file => /__pycache__\/six\.[^/]+\.pyc$/u.test(file)) ?? '';
  await writeFile(path, (await readFile(path, 'utf8')).replace('1.17.0', '6.66.6'));
  await rm(compiled);
  await utimes(path, atime, mtime);
  expect(await runIn(elsewhere, named, VERSION)).toMatchObject(RIGHT);
});

test('an archive that was edited on the target is refused before anything of it runs, and nothing of it stays', async () => {
  const folder = await temporaryFolder();
  const words = await shipTo(`file://${folder}`, kernel, home, {}, ['--format', 'archive']);
  const name = (await readdir(folder)).find(each => each.endsWith('.tar.gz')) ?? '';
  const bytes = await readFile(join(folder, name));
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(join(folder, name), bytes);
  const elsewhere = await temporaryFolder();
  const ran = await runIn(elsewhere, words, VERSION);
  expect(ran).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringContaining('[TARGET_CONFLICT]') });
  expect((await fetchedIn(elsewhere)).filter(path => !path.endsWith('.json'))).toEqual([]);
});

test('with the interpreter inside it runs where the python is gone that it was shipped from; without, the error says where one is missing', async () => {
  const python = await makeRelocatablePython(join(home, 'python'));
  const venv = join(home, 'venv');
  await execa('uv', ['--quiet', 'venv', '--python', python, venv]);
  await execa('uv', ['--quiet', 'pip', 'install', '--python', join(venv, 'bin', 'python'), 'six==1.17.0']);
  const other: Pick<KernelVenv, 'python'> = { python: join(venv, 'bin', 'python') };
  const inside = await shipTo(target, other, home, {}, ['--format', 'archive', '--include-interpreter']);
  const edited = join(home, 'python', 'lib', basename(python), 'this.py');
  await appendFile(edited, '# edited\n');
  const later = await shipTo(target, other, home, {}, ['--format', 'archive', '--include-interpreter']);
  expect(later, 'a module of the standard library was edited').not.toEqual(inside);
  const outside = await shipTo(target, other, home, {}, ['--format', 'archive']);
  await rename(join(home, 'python'), join(home, 'gone'));
  const elsewhere = await temporaryFolder();
  const words = ['-c', 'import sys, six; print(sys.base_prefix == sys.prefix, six.__version__)'];
  const ran = await runIn(elsewhere, inside, words);
  expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: 'True 1.17.0\n' });
  const missing = await runIn(elsewhere, outside, words);
  expect(missing).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('[PYTHON_NOT_FOUND]') });
  expect(missing.stderr).toContain(python);
  expect(missing.stderr).toContain('--include-interpreter');
});

/** Ships an archive and puts another one in its place, whose manifest has the right digest. */
async function forged(entries: readonly (Partial<Header> & Pick<Header, 'name'>)[]): Promise<string[]> {
  const folder = await temporaryFolder();
  const words = await shipTo(`file://${folder}`, kernel, home, {}, ['--format', 'archive']);
  const names = await readdir(folder);
  const name = names.find(each => each.endsWith('.tar.gz')) ?? '';
  const [archive, manifest] = [join(folder, name), join(folder, name.replace('.tar.gz', '.json'))];
  const tar = pack();
  for (const header of entries) {
    if (header.type === undefined) tar.entry(header, header.name);
    else tar.entry(header);
  }
  // An archive is larger than its segments.
  tar.entry({ name: 'padding' }, randomBytes((await stat(archive)).size));
  tar.finalize();
  const bytes = gzipSync(await buffer(tar));
  await writeFile(archive, bytes);
  const told = JSON.parse(await readFile(manifest, 'utf8')) as { artifact: object };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  Object.assign(told.artifact, { bytes: bytes.length, sha256 });
  await writeFile(manifest, JSON.stringify(told));
  return words;
}

test.each([
  ['a name that leads out', [{ name: '../out' }]],
  ['a file behind a link', [{ name: 'out', type: 'symlink', linkname: '/tmp' }, { name: 'out/file' }]],
  ['a file in a file', [{ name: 'one' }, { name: 'one/two' }]],
  ['no python', [{ name: 'lib/module.py' }]]
] as const)('an archive with %s is one that ship-env did not write', async (_, entries) => {
  const ran = await runIn(await temporaryFolder(), await forged(entries), VERSION);
  expect(ran).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringContaining('[TARGET_CONFLICT]') });
  expect(ran.stderr).toContain('cannot be unpacked');
});

test.each([
  ['is not a program', [{ name: 'bin/python', mode: 0o755 }]],
  ['is not a file', [{ name: 'bin/python/file' }]]
] as const)('a python that %s is refused with a message', async (problem, entries) => {
  const ran = await runIn(await temporaryFolder(), await forged(entries), VERSION);
  expect(ran).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringContaining('[PYTHON_NOT_FOUND]') });
  expect(ran.stderr).toContain(`cannot start: it ${problem}`);
});
