import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import type { ArchiveProgress } from '../../../src/content/code/archive.js';
import { archive, editableOf, failure, git, project, temporaryFolder, tree } from './helpers.js';

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
