import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entriesBelow } from '../../../src/system/files/below.js';
import { temporaryFolder } from '../../support/temporary.js';

async function namesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of entriesBelow(folder)) names.push(name);
  return names.sort();
}

test('files and links below a folder are named once, and no link is followed', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'lib', 'deep'), { recursive: true });
  await writeFile(join(folder, 'lib', 'deep', 'module.py'), '');
  await symlink('lib', join(folder, 'lib64'));
  await symlink(folder, join(folder, 'lib', 'circle'));
  expect(await namesBelow(folder)).toEqual(['lib/circle', 'lib/deep/module.py', 'lib64']);
});

test('a folder that is gone is empty', async () => {
  expect(await namesBelow(join(await temporaryFolder(), 'gone'))).toEqual([]);
});
