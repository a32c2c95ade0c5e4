import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { FileChanged, FileHashes } from '../../../src/content/code/hashes.js';
import { editableOf, list, project, temporaryFolder } from './helpers.js';

const never = new AbortController().signal;

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
