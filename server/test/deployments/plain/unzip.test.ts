import { mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { unzip } from '../../../src/deployments/plain/unzip.js';
import { temporaryFolder } from '../../support/temporary.js';

const signal = new AbortController().signal;

/** A zip that Python writes: of each entry its name and its mode. */
async function zipOf(
  entries: readonly (readonly [name: string, mode: number])[]
): Promise<{ zip: string; folder: string }> {
  const root = await temporaryFolder();
  const [zip, folder] = [join(root, 'code.zip'), join(root, 'content')];
  const program =
    'import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n' +
    '    for name, mode in json.loads(sys.argv[2]):\n        info = zipfile.ZipInfo(name)\n' +
    '        info.external_attr = mode << 16\n        z.writestr(info, "" if name.endswith("/") else name)\n';
  await execa('python3', ['-c', program, zip, JSON.stringify(entries)]);
  await mkdir(folder);
  return { zip, folder };
}

test('files, folders and the execute bit come out; a link is a file with the text of its target', async () => {
  const { zip, folder } = await zipOf([
    ['a/b/module.py', 0o100644],
    ['a/empty/', 0o40755],
    ['a/tool.sh', 0o104755],
    ['link', 0o120777]
  ]);
  await unzip(zip, folder, signal);
  expect((await readdir(folder, { recursive: true })).sort()).toEqual([
    'a',
    'a/b',
    'a/b/module.py',
    'a/empty',
    'a/tool.sh',
    'link'
  ]);
  expect(await readFile(join(folder, 'a/b/module.py'), 'utf8')).toBe('a/b/module.py');
  expect(await readFile(join(folder, 'link'), 'utf8')).toBe('link');
  const modeOf = async (name: string): Promise<number> => (await stat(join(folder, name))).mode & 0o7111;
  expect(await Promise.all(['a/b/module.py', 'a/tool.sh'].map(modeOf))).toEqual([0, 0o111]);
});

test.each(['../out', 'a/../../out', '/out', 'a\\..\\out'])('an entry %j leads nowhere', async name => {
  const { zip, folder } = await zipOf([
    ['first', 0o100644],
    [name, 0o100644]
  ]);
  await expect(unzip(zip, folder, signal)).rejects.toThrow(/relative path|absolute path|backslash|invalid/iu);
  expect(await readdir(join(folder, '..'))).toEqual(['code.zip', 'content']);
});

test('what is no zip, or was cut off, is an error', async () => {
  const { zip, folder } = await zipOf([['first', 0o100644]]);
  await execa('truncate', ['--size=-5', zip]);
  await expect(unzip(zip, folder, signal)).rejects.toThrow(/end of central directory|zip/iu);
});
