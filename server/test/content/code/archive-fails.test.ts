import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { FileHashes } from '../../../src/content/code/hashes.js';
import { isShipEnvError } from '../../../src/errors.js';
import {
  archive,
  editableOf,
  failure,
  list,
  never,
  project,
  someTemporaryFile,
  temporaryFolder,
  tree
} from './helpers.js';

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
