import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  lstat,
  mkdir,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile
} from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import type { ArchiveProgress } from '../../../src/content/code/archive.js';
import { FileHashes, readUnchanged } from '../../../src/content/code/hashes.js';
import { writeZip } from '../../../src/content/code/zip.js';
import { isShipEnvError } from '../../../src/errors.js';
import { archive, editableOf, git, list, project, python, temporaryFolder, writeTree } from './helpers.js';

const tree = {
  'src/m/__init__.py': 'VALUE = 1\n',
  'src/m/run.sh*': '#!/bin/sh\n',
  'src/m/data/big.bin': Buffer.alloc(2_500_000, 'abcdefghij'),
  'src/m/data/empty': ''
};
const never = new AbortController().signal;

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error
  );
}

function withOtherByte(content: Buffer): Buffer {
  const other = Buffer.from(content);
  other.writeUInt8((other[other.length >> 1] ?? 0) ^ 1, other.length >> 1);
  return other;
}

function factsOf(content: Buffer): { bytes: number; sha256: string } {
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

describe('a code archive', () => {
  it('is the same bytes for the same files, wherever, whenever and by whomever they were written', async () => {
    const here = await project(tree);
    const there = join(await temporaryFolder(), 'elsewhere');
    const zone = process.env.TZ;
    onTestFinished(() => {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    });
    const first = await archive(editableOf(here, ['src', '']));
    await cp(here, there, { recursive: true });
    await chmod(join(there, 'src/m/__init__.py'), 0o600);
    await chmod(join(there, 'src/m/run.sh'), 0o700);
    await utimes(join(there, 'src/m/__init__.py'), 1, 1);
    await git(there, 'init', '-q');
    process.env.TZ = 'Pacific/Kiritimati';
    const second = await archive(editableOf(there, ['src', '']));
    expect(second.archive).toEqual(first.archive);
    expect((await readFile(second.path)).equals(await readFile(first.path))).toBe(true);
    expect(first.archive.fileName).toMatch(/^my_model-[0-9a-f]{16}\.zip$/);
  });

  it.each<[string, (folder: string) => Promise<unknown>]>([
    ['content', folder => writeFile(join(folder, 'src/m/__init__.py'), 'VALUE = 2\n')],
    ['the execute bit', folder => chmod(join(folder, 'src/m/__init__.py'), 0o755)],
    ['a new file', folder => writeFile(join(folder, 'src/m/new.py'), '')],
    ['a file less', folder => rm(join(folder, 'src/m/data/empty'))]
  ])('gets another name by %s', async (_what, change) => {
    const folder = await project(tree);
    const before = await archive(editableOf(folder, ['src', '']));
    await change(folder);
    const after = await archive(editableOf(folder, ['src', '']), { cache: before.cache });
    expect(after.archive.fileName).not.toBe(before.archive.fileName);
    expect(after.reused).toBe(false);
  });

  it('is described by what it is, and read whole or in part', async () => {
    const { archive: code, payload, path } = await archive(editableOf(await project(tree), ['src', '']));
    const content = await readFile(path);
    expect(payload).toMatchObject({ name: code.fileName, bytes: content.length, sha256: code.sha256 });
    expect(code.sha256).toBe(createHash('sha256').update(content).digest('hex'));
    expect((await buffer(payload.open())).equals(content)).toBe(true);
    expect((await buffer(payload.open({ start: 5, end: 105 }))).equals(content.subarray(5, 105))).toBe(true);
    expect(await buffer(payload.open({ start: 5, end: 5 }))).toHaveLength(0);
    expect(spawnSync('python3', ['-m', 'zipfile', '-t', path], { encoding: 'utf8' }).stdout).toContain('Done testing');
  });

  it('is neither read nor zipped again when nothing changed', async () => {
    const folder = await project(tree);
    const first = await archive(editableOf(folder, ['src', '']));
    const inode = (await stat(first.path)).ino;
    const second = await archive(editableOf(folder, ['src', '']), { cache: first.cache });
    expect([first.reused, second.reused]).toEqual([false, true]);
    expect(second.archive).toEqual(first.archive);
    expect((await stat(second.path)).ino).toBe(inode);
  });

  it('is made again when the cached one lost bytes', async () => {
    const folder = await project(tree);
    const first = await archive(editableOf(folder, ['src', '']));
    const whole = await readFile(first.path);
    await truncate(first.path, 100);
    const second = await archive(editableOf(folder, ['src', '']), { cache: first.cache });
    expect((await readFile(second.path)).equals(whole)).toBe(true);
    expect(second.reused).toBe(false);
  });

  it.each<[string, (path: string, whole: Buffer) => Promise<unknown>]>([
    ['a byte of it is another one', (path, whole) => writeFile(path, withOtherByte(whole))],
    ['it is all zeros, as after a power cut', (path, whole) => writeFile(path, Buffer.alloc(whole.length))],
    ['it is a folder', path => rm(path).then(() => mkdir(path))],
    ['it is a FIFO', path => rm(path).then(() => execFileSync('mkfifo', [path]))],
    ['it is a link to another file', path => rm(path).then(() => symlink('/etc/passwd', path))],
    ['it lost bytes, and what it was is lost as well', path => Promise.all([truncate(path, 100), rm(`${path}.json`)])],
    [
      'it and what it was were changed',
      (path, whole) =>
        Promise.all([
          writeFile(path, withOtherByte(whole)),
          writeFile(`${path}.json`, JSON.stringify(factsOf(withOtherByte(whole))))
        ])
    ]
  ])('is made again before anything of it is sent, when %s', async (_what, damage) => {
    const editable = editableOf(await project(tree), ['src', '']);
    const first = await archive(editable);
    const whole = await readFile(first.path);
    await damage(first.path, whole);
    const second = await archive(editable, { cache: first.cache });
    expect(second.archive).toEqual(first.archive);
    const [part, all] = await Promise.all([
      buffer(second.payload.open({ start: 5, end: 105 })),
      buffer(second.payload.open())
    ]);
    expect(all.equals(whole)).toBe(true);
    expect(part.equals(whole.subarray(5, 105))).toBe(true);
    expect((await readFile(second.path)).equals(whole)).toBe(true);
  });

  it('that is damaged and cannot be made again, since the code changed meanwhile, is not handed out', async () => {
    const folder = await project(tree);
    const first = await archive(editableOf(folder, ['src', '']));
    const { cache, payload } = await archive(editableOf(folder, ['src', '']), { cache: first.cache });
    await writeFile(first.path, withOtherByte(await readFile(first.path)));
    await writeFile(join(folder, 'src/m/__init__.py'), 'VALUE = 2\n');
    expect(await failure(buffer(payload.open()))).toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
    expect((await archive(editableOf(folder, ['src', '']), { cache })).archive.sha256).not.toBe(payload.sha256);
  });

  it('is made once by two who ask at once', async () => {
    const folder = await project(tree);
    const cache = await Cache.open(await temporaryFolder());
    const both = await Promise.all([1, 2].map(() => archive(editableOf(folder, ['src', '']), { cache })));
    expect(both.map(({ reused }) => reused).sort()).toEqual([false, true]);
  });

  it('says how far it is, and of large code from the beginning that all of it ships again after every change', async () => {
    const folder = await project({ 'src/m/__init__.py': '' });
    await truncateNew(join(folder, 'src/m/big.bin'), 60_000_000);
    const told: ArchiveProgress[] = [];
    const { cache } = await archive(editableOf(folder, ['src', '']), { onProgress: progress => told.push(progress) });
    expect(told[0]).toEqual({
      done: 0,
      total: 120_000_000,
      detail: 'code of My-Model: 60 MB, all of which ship again after every change'
    });
    expect(told.at(-1)?.done).toBe(120_000_000);
    expect(told.length).toBeGreaterThan(100);
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).sort((a, b) => a - b));
    told.length = 0;
    await writeFile(join(folder, 'src/m/__init__.py'), 'VALUE = 1\n');
    await archive(editableOf(folder, ['src', '']), { cache, onProgress: progress => told.push(progress) });
    expect(told.at(-1)?.done).toBe(120_000_020);
  });

  it('warns from 50 MB on and names the five largest files', async () => {
    const folder = await project({ 'src/m/__init__.py': '' });
    for (const size of [1, 2, 3, 4, 5, 40]) await truncateNew(join(folder, `src/m/${size}.bin`), size * 1_000_000);
    const small = await archive(editableOf(folder, ['src', '']));
    // 55 MB less 5 MB and one byte.
    await truncate(join(folder, 'src/m/5.bin'), 0);
    await truncate(join(folder, 'src/m/1.bin'), 999_999);
    const below = await archive(editableOf(folder, ['src', '']));
    expect(below.findings).toEqual([]);
    expect(small.findings).toMatchObject([{ kind: 'large-code-archive', subject: 'My-Model' }]);
    expect(small.findings[0]?.message).toContain(
      'src/m/40.bin (40 MB), src/m/5.bin (5 MB), src/m/4.bin (4 MB), src/m/3.bin (3 MB), src/m/2.bin (2 MB).'
    );
  });
});

async function truncateNew(path: string, size: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, size);
}

describe('what is remembered of a file', () => {
  const future = (): number => Date.now() + 60_000;

  async function settled(): Promise<{ folder: string; cache: Cache; open: () => Promise<FileHashes> }> {
    const folder = await project({ 'src/m.py': 'aaaa' });
    const cache = await Cache.open(await temporaryFolder());
    return { folder, cache, open: () => FileHashes.open(cache, folder, future) };
  }

  it('spares reading it, and keeps what its content showed', async () => {
    const { folder, open } = await settled();
    await writeFile(join(folder, 'src/m.py'), `-----BEGIN PRIVATE KEY-----\n${'MIIE'.repeat(16)}\n`);
    const { files } = await list(editableOf(folder, ['src', '']));
    const before = await (await open()).contents(files, never);
    expect(before).toMatchObject([{ marks: ['private-key'] }]);
    // The entry is gone, but its stat is still remembered.
    await rm(join(folder, 'src/m.py'));
    expect(await (await open()).contents(files, never)).toEqual(before);
  });

  it('does not hide an edit in place that kept the size and put the time back', async () => {
    const { folder, open } = await settled();
    const path = join(folder, 'src/m.py');
    const editable = editableOf(folder, ['src', '']);
    await utimes(path, 1_000_000, 1_000_000);
    const [before] = await (await open()).contents((await list(editable)).files, never);
    const { ino } = await lstat(path);
    await writeFile(path, 'bbbb');
    await utimes(path, 1_000_000, 1_000_000);
    const [after] = await (await open()).contents((await list(editable)).files, never);
    expect((await lstat(path)).ino).toBe(ino);
    expect(after?.sha256).not.toBe(before?.sha256);
  });

  it('is nothing while the file is young, since time stamps are coarse', async () => {
    const { folder, cache } = await settled();
    const { files } = await list(editableOf(folder, ['src', '']));
    const now = (): number => Date.now();
    await (await FileHashes.open(cache, folder, now)).contents(files, never);
    await rm(join(folder, 'src/m.py'));
    const error = await failure((await FileHashes.open(cache, folder, now)).contents(files, never));
    expect(error).toMatchObject({ name: 'FileChanged' });
  });

  it('is made again when the index is damaged', async () => {
    const { folder, cache, open } = await settled();
    const { files } = await list(editableOf(folder, ['src', '']));
    const before = await (await open()).contents(files, never);
    const [name = ''] = (await readdir(join(cache.root, 'hashes'), { recursive: true })).filter(path =>
      path.endsWith('.json')
    );
    for (const damage of ['{"schema":1,"files":', '{"schema":9,"files":{}}']) {
      await writeFile(join(cache.root, 'hashes', name), damage);
      expect(await (await open()).contents(files, never)).toEqual(before);
    }
  });
});

describe('an archive that cannot be made', () => {
  it('because a folder is gone, says which editable and where', async () => {
    const folder = await project(tree);
    const error = await failure(archive(editableOf(folder, ['gone', ''])));
    expect(error).toMatchObject({ code: 'EDITABLE_MISSING' });
    expect(String(error)).toContain(join(folder, 'gone'));
    expect(await failure(archive(editableOf(folder, ['gone/m', 'm'])))).toMatchObject({ code: 'EDITABLE_MISSING' });
  });

  it('because a file cannot be read, names it', async () => {
    const folder = await project({ 'src/m/__init__.py': '', 'src/m/closed.py': '' });
    await chmod(join(folder, 'src/m/closed.py'), 0);
    // Root can read everything, so the test changes to another user.
    await chmod(folder, 0o755);
    const cache = await Cache.open(await temporaryFolder());
    await chmod(cache.root, 0o755);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.('nobody');
    try {
      const { files } = await list(editableOf(folder, ['src', '']));
      const reading = (await FileHashes.open(cache, folder)).contents(files, never);
      const error = await failure(reading);
      expect(isShipEnvError(error, 'CODE_UNREADABLE')).toBe(true);
      expect(String(error)).toContain('closed.py');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it.each([
    ['a large file', { 'src/m/big.bin': Buffer.alloc(30_000_000, 'abc') }],
    [
      'small files',
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`src/m/${i}.bin`, Buffer.alloc(800_000, 'abc')]))
    ]
  ])('leaves nothing behind when it is aborted before or while zipping %s', async (_what, files) => {
    const folder = await project(files);
    const cache = await Cache.open(await temporaryFolder());
    const early = new AbortController();
    early.abort();
    expect(await failure(archive(editableOf(folder, ['src', '']), { cache, signal: early.signal }))).toMatchObject({
      name: 'AbortError'
    });
    const late = new AbortController();
    const running = failure(archive(editableOf(folder, ['src', '']), { cache, signal: late.signal }));
    await someTemporaryFile(cache);
    late.abort();
    expect(await running).toMatchObject({ name: 'AbortError' });
    expect(await readdir(join(cache.root, 'tmp'))).toEqual([]);
    expect(await readdir(cache.root)).not.toContain('code');
    expect((await archive(editableOf(folder, ['src', '']), { cache })).reused).toBe(false);
  });
});

/** Is the zip being written? Then `tmp/` is not empty. */
async function someTemporaryFile(cache: Cache): Promise<void> {
  while ((await readdir(join(cache.root, 'tmp'))).length === 0) await new Promise(resolve => setImmediate(resolve));
}

describe('a tree that changes while it ships', () => {
  it('is noticed while a file is read, although size and name stayed', async () => {
    const folder = await project({ 'src/m.py': Buffer.alloc(1_000_000, 'a') });
    const [file = expect.fail()] = (await list(editableOf(folder, ['src', '']))).files;
    const reading = readUnchanged(file, never);
    expect((await reading.next()).done).toBe(false);
    await writeFile(file.sourcePath, Buffer.alloc(1_000_000, 'b'));
    const rest = async (): Promise<void> => {
      for await (const chunk of reading) expect(chunk.length).toBeGreaterThan(0);
    };
    expect(await failure(rest())).toMatchObject({ name: 'FileChanged', path: file.sourcePath });
  });

  it.each([
    ['small', 10],
    ['large', 2_000_000]
  ])('is noticed while a %s file is zipped: it is not what was hashed', async (_size, size) => {
    const folder = await project({ 'src/m.py': Buffer.alloc(size, 'a') });
    const [file = expect.fail()] = (await list(editableOf(folder, ['src', '']))).files;
    const zip = join(folder, 'out.zip');
    const entries = [
      { archivePath: 'm.py', file, sha256: '0'.repeat(64) },
      { archivePath: 'n', content: '' }
    ];
    expect(await failure(writeZip(zip, entries, never))).toMatchObject({ name: 'FileChanged', path: file.sourcePath });
  });

  it('ships what was saved last, when a file is saved while the zip is written', async () => {
    const folder = await project({ 'src/m/big.bin': Buffer.alloc(30_000_000, 'abc'), 'src/m/zz.py': 'VALUE = 1' });
    const cache = await Cache.open(await temporaryFolder());
    const shipping = archive(editableOf(folder, ['src', '']), { cache });
    await someTemporaryFile(cache);
    await writeFile(join(folder, 'src/m/zz.py'), 'VALUE = 2');
    const { path } = await shipping;
    expect(await python('python3', path, 'import m.zz; print(m.zz.VALUE)')).toBe('2');
    expect(await readdir(join(cache.root, 'tmp'))).toEqual([]);
  });

  it('ends with the error of the disk when the zip cannot be written', async () => {
    const folder = await project({ 'src/m.py': Buffer.alloc(3_000_000, 'a') });
    const [file = expect.fail()] = (await list(editableOf(folder, ['src', '']))).files;
    const entries = [
      { archivePath: 'm.py', file, sha256: createHash('sha256').update(Buffer.alloc(3_000_000, 'a')).digest('hex') }
    ];
    expect(await failure(writeZip(join(folder, 'no/out.zip'), entries, never))).toMatchObject({ code: 'ENOENT' });
  });

  it('ships as one state or the other, never under a wrong name', async () => {
    const folder = await project({ 'src/m/__init__.py': '' });
    const path = join(folder, 'src/m/state.bin');
    const states = ['a', 'b'].map(letter => Buffer.alloc(3_000_000, letter));
    await writeFile(path, states[0] ?? '');
    const cache = await Cache.open(await temporaryFolder());
    const names = new Set<string>();
    for (let round = 0; round < 6; round++) {
      const shipping = archive(editableOf(folder, ['src', '']), { cache });
      await writeTree(folder, { 'src/m/state.bin': states[round % 2] ?? '' });
      const { path: zip, archive: code } = await shipping.catch((error: unknown) => {
        if (!isShipEnvError(error, 'CODE_UNREADABLE')) throw error;
        return { path: undefined, archive: undefined };
      });
      if (zip === undefined) continue;
      const program = 'import sys, zipfile; print(sorted(set(zipfile.ZipFile(sys.argv[1]).read("m/state.bin"))))';
      const { stdout } = spawnSync('python3', ['-c', program, zip], { encoding: 'utf8' });
      names.add(`${code.fileName} ${stdout.trim()}`);
    }
    // Each name has one content: a name with two contents would be here twice.
    expect(new Set([...names].map(name => name.split(' ', 1)[0])).size).toBe(names.size);
    expect(names.size).toBeGreaterThan(0);
  });
});
