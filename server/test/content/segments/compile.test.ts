import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Compilers } from '../../../src/content/segments/compile/compilers.js';
import { run } from '../../../src/system/process/run.js';
import { INTERPRETER, NEVER } from '../../formats/fixtures.js';
import type { CompiledFacts, FileEntry, ModulesToCompile } from '../../../src/content/segments/types.js';
import { modulesToCompile } from '../../../src/content/segments/compile/modules.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-compile-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function source(name: string, text: string): Promise<FileEntry> {
  const path = join(folder, name.replaceAll('/', '-'));
  await writeFile(path, text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { kind: 'file', name, source: path, size: text.length, sha256, executable: false };
}

/** Constants of every kind, in an order that depends on the seed of hashes. */
const TEXT = `
NAMES = {"a", "b", "c", "some words"} - set()
def f(x, *rest, key=(1, 2.5, None, b"x")):
    """A docstring."""
    return x in {"one", "two", "three", "four", 5, 6.5} or x[1:2] or key
`;

function modulesOf(sources: FileEntry[], name = 'one'): ModulesToCompile {
  const modules = modulesToCompile({ normalizedName: name }, sources, INTERPRETER);
  if (modules === undefined) throw new Error('There was to be something to compile.');
  return modules;
}

/** Compiles one distribution in a separate process. */
async function compileModules(of: ModulesToCompile, output: string): Promise<CompiledFacts> {
  const compilers = new Compilers(1, NEVER);
  try {
    return await compilers.compile(of, output);
  } finally {
    await compilers.end();
  }
}

test('the result depends on the sources alone, not on where they lie or on the seed of hashes', async () => {
  const hashes = new Set<string>();
  for (const seed of ['1', '2', 'random']) {
    vi.stubEnv('PYTHONHASHSEED', seed);
    const modules = modulesOf([await source('one/__init__.py', TEXT), await source('one/two.py', TEXT)]);
    hashes.add((await compileModules(modules, join(folder, `blob ${seed}`))).sha256);
    await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'ship-env-compile-elsewhere-'));
  }
  expect(hashes.size).toBe(1);
});

test('a process that compiled others before gives what a new one gives', async () => {
  const library = await standardLibrary();
  const alone = await compileModules(modulesOf(library), join(folder, 'alone'));
  const compilers = new Compilers(1, NEVER);
  await compilers.compile(modulesOf([await source('one.py', TEXT)]), join(folder, 'before'));
  await compilers.compile(modulesOf([...library].reverse()), join(folder, 'reversed'));
  const after = await compilers.compile(modulesOf(library), join(folder, 'after'));
  await compilers.end();
  expect(after.sha256).toBe(alone.sha256);
});

/** Some dozens of modules with all kinds of source code. */
async function standardLibrary(): Promise<FileEntry[]> {
  const { stdout } = await run('python', ['-c', 'import asyncio; print(asyncio.__path__[0])'], { signal: NEVER });
  const asyncio = stdout.trim();
  const names = (await readdir(asyncio)).filter(name => name.endsWith('.py')).sort();
  return Promise.all(names.map(async name => source(name, await readFile(join(asyncio, name), 'utf8'))));
}

test('many modules are compiled in parts, and give what they give in one', async () => {
  const library = await standardLibrary();
  // Large enough that each module is compiled in a separate turn.
  const large = library.map(file => ({ ...file, size: 1e6 }));
  const whole = await compileModules(modulesOf(library), join(folder, 'whole'));
  const compilers = new Compilers(3, NEVER);
  const parts = await compilers.compile(modulesOf(large), join(folder, 'parts'));
  await compilers.end();
  expect(parts).toEqual(whole);
  expect(await readFile(join(folder, 'parts'))).toEqual(await readFile(join(folder, 'whole')));
  expect((await readdir(folder)).filter(name => /^(?:whole|parts)/.test(name)).sort()).toEqual(['parts', 'whole']);
});

test.each(['timestamp', 'checked-hash', 'unchecked-hash'])(
  'nothing of __pycache__ ships, also when Python would take it for the source: %s',
  async mode => {
    const { source: path } = await source('one.py', 'x = "before"');
    const seconds = 1_700_000_000;
    await utimes(path, seconds, seconds);
    await compileAll({}, '--invalidation-mode', mode);
    const modules = modulesOf([await source('one.py', 'x = "behind"')]);
    await utimes(path, seconds, seconds);
    const cache = join(folder, '__pycache__');
    const [pyc = ''] = await readdir(cache);
    if (mode === 'checked-hash') {
      // The header of the present source, before the old module.
      const fresh = join(folder, 'fresh');
      await compileModules(modules, fresh);
      const blob = await readFile(fresh);
      await patch(join(cache, pyc), 8, blob.subarray(4 + blob.readUInt32LE() + 8, 4 + blob.readUInt32LE() + 16));
      await rm(fresh);
    }
    await compileModules(modules, join(folder, 'blob'));
    const blob = await readFile(join(folder, 'blob'));
    expect([blob.includes('behind'), blob.includes('before')]).toEqual([true, false]);
  }
);

async function compileAll(env: Record<string, string>, ...options: string[]): Promise<void> {
  await run('python', ['-m', 'compileall', '-q', '-f', ...options, folder], { signal: NEVER, env });
}

async function patch(path: string, position: number, data: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(data, 0, data.length, position);
  await file.close();
}

test('holds each module that compiles, and no path of this machine', async () => {
  const sources = [
    await source('one.py', TEXT),
    await source('old.py', "print 'for another python'"),
    await source('binary.py', 'x = "\0"')
  ];
  const facts = await compileModules(modulesOf(sources), join(folder, 'blob'));
  const blob = await readFile(join(folder, 'blob'));
  expect(blob.length).toBe(facts.bytes);
  expect(createHash('sha256').update(blob).digest('hex')).toBe(facts.sha256);
  const listed: unknown = JSON.parse(blob.subarray(4, 4 + blob.readUInt32LE()).toString());
  expect(listed).toEqual({
    tag: expect.stringMatching(/^cpython-3\d+$/),
    files: [['one.py', blob.length - 4 - blob.readUInt32LE()]]
  });
  expect(blob.includes(folder)).toBe(false);
});

describe('what is compiled', () => {
  test('is every module but tests and scripts', async () => {
    const names = ['a.py', 'a/b.py', 'tests/c.py', 'a/test/d.py', 'a/testing.py', '.prefix/bin/e.py', 'f.txt'];
    const sources = await Promise.all(names.map(name => source(name, '')));
    expect(modulesOf(sources).sources.map(({ name }) => name)).toEqual(['a.py', 'a/b.py', 'a/testing.py']);
  });

  test('is nothing of what only a kernel needs', async () => {
    const sources = [await source('a.py', '')];
    expect(modulesToCompile({ normalizedName: 'ipykernel' }, sources, INTERPRETER)).toBeUndefined();
    expect(modulesToCompile({ normalizedName: 'one' }, [], INTERPRETER)).toBeUndefined();
  });
});

describe('says what is wrong', () => {
  test('when a source is no longer what the snapshot saw, or gone', async () => {
    const one = await source('one.py', 'x = 1');
    await writeFile(one.source, 'x = 2');
    const attempt = (): Promise<unknown> => compileModules(modulesOf([one]), join(folder, 'blob'));
    await expect(attempt()).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED', message: /one\.py/ });
    await rm(one.source);
    await expect(attempt()).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED', message: /one\.py/ });
    expect(await readdir(folder)).toEqual([]);
  });

  test('when there is no room for it', async () => {
    const modules = modulesOf([await source('one.py', TEXT)]);
    await expect(compileModules(modules, '/dev/full/blob')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('when the python does not start', async () => {
    const modules = { ...modulesOf([await source('one.py', TEXT)]), python: '/no/python' };
    await expect(compileModules(modules, join(folder, 'blob'))).rejects.toMatchObject({
      code: 'PYTHON_NOT_FOUND',
      message: expect.stringContaining('/no/python')
    });
  });

  test.each([
    [
      'writes something else',
      'echo "Activating…"; exec python "$@"',
      /could not compile modules\. It wrote: Activating…$/,
      /by hand/
    ],
    ['ends without an answer', 'exit 0', /could not compile modules\. It ended before it answered\.$/, /by hand/],
    ['is killed', 'kill -9 $$', /could not compile modules\. .* was ended by SIGKILL\.$/, /Free some/]
  ])('when the python %s', async (_what, program, message, hint) => {
    const executable = join(folder, 'python');
    await writeFile(executable, `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    // More than a pipe holds, so that bytes are still being sent when the reader has ended.
    const one = await source('one.py', 'x = 1');
    const sources = Array.from({ length: 2000 }, (_, at) => ({ ...one, name: `${at}.py` }));
    const modules = { ...modulesOf(sources), python: executable };
    await expect(compileModules(modules, join(folder, 'blob'))).rejects.toMatchObject({
      code: 'PYTHON_FAILED',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint)
    });
  });
});
