import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { readUnchanged } from '../../../src/content/code/hashes.js';
import { writeZip } from '../../../src/content/code/zip.js';
import { isShipEnvError } from '../../../src/errors.js';
import {
  archive,
  editableOf,
  failure,
  list,
  never,
  project,
  python,
  someTemporaryFile,
  temporaryFolder,
  writeTree
} from './helpers.js';

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
