import { lstat, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { FileChanged, FileHashes } from '../../../src/content/code/hashes.js';
import { editableOf, failure, list, never, project, temporaryFolder } from './helpers.js';

test('when one file is gone, the rest of the files is not read', async () => {
  const modules: Record<string, string> = {};
  for (let index = 0; index < 200; index += 1) modules[`src/m/module${index}.py`] = 'x = 1\n';
  const { files } = await list(editableOf(await project(modules), ['src', '']));
  await rm(files[0]?.sourcePath ?? '');
  const cache = await Cache.open(await temporaryFolder());
  const hashes = await FileHashes.open(cache, 'tree');
  let read = 0;
  await expect(hashes.contents(files, never, () => (read += 1))).rejects.toBeInstanceOf(FileChanged);
  // Waits as long as the work would take.
  await (await FileHashes.open(cache, 'the same')).contents(files.slice(1), never);
  expect(read).toBeLessThan(files.length / 2);
});

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
