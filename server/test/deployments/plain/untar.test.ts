import { createWriteStream } from 'node:fs';
import { mkdir, readFile, readdir, readlink, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { expect, test } from 'vitest';
import { untar } from '../../../src/deployments/plain/untar.js';
import { temporaryFolder } from '../../support/temporary.js';

const signal = new AbortController().signal;

type Entry = Partial<Header> & Pick<Header, 'name'>;

/** A `.tar.gz` with these entries; a file holds its own name. */
async function tarOf(entries: readonly Entry[]): Promise<{ archive: string; folder: string }> {
  const root = await temporaryFolder();
  const [archive, folder] = [join(root, 'env.tar.gz'), join(root, 'content')];
  const tar = pack();
  for (const header of entries) {
    if (header.type === undefined) tar.entry(header, header.name);
    else tar.entry(header);
  }
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(archive));
  await mkdir(folder);
  return { archive, folder };
}

test('files, links and the execute bit come out; setuid does not', async () => {
  const { archive, folder } = await tarOf([
    { name: 'bin/python', type: 'symlink', linkname: '/usr/bin/python3' },
    { name: 'lib64', type: 'symlink', linkname: 'lib' },
    { name: 'lib/module.py', mode: 0o644 },
    { name: 'bin/tool', mode: 0o4755 }
  ]);
  await untar(archive, folder, signal);
  expect(await readlink(join(folder, 'bin/python'))).toBe('/usr/bin/python3');
  expect(await readFile(join(folder, 'lib64/module.py'), 'utf8')).toBe('lib/module.py');
  const modeOf = async (name: string): Promise<number> => (await stat(join(folder, name))).mode & 0o7111;
  expect(await Promise.all(['lib/module.py', 'bin/tool'].map(modeOf))).toEqual([0, 0o111]);
});

test.each(['../out', 'a/../../out', '/out', 'a//out', './out'])('an entry %j leads nowhere', async name => {
  const { archive, folder } = await tarOf([{ name: 'first' }, { name }]);
  await expect(untar(archive, folder, signal)).rejects.toThrow('whose name');
  expect(await readdir(join(folder, '..'))).toEqual(['content', 'env.tar.gz']);
});

test('no file is written through a link of the archive', async () => {
  const { archive, folder } = await tarOf([{ name: 'out', type: 'symlink', linkname: '..' }, { name: 'out/side.txt' }]);
  await expect(untar(archive, folder, signal)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readdir(join(folder, '..'))).toEqual(['content', 'env.tar.gz']);
});

test('no link is made through a link of the archive', async () => {
  const { archive, folder } = await tarOf([
    { name: 'out', type: 'symlink', linkname: '..' },
    { name: 'out/side', type: 'symlink', linkname: '/etc' }
  ]);
  await expect(untar(archive, folder, signal)).rejects.toThrow('behind a link');
  expect(await readdir(join(folder, '..'))).toEqual(['content', 'env.tar.gz']);
});

test.each([
  ['a name that comes twice', [{ name: 'one' }, { name: 'one' }], 'EEXIST'],
  [
    'a link that comes twice',
    [
      { name: 'one', type: 'symlink', linkname: 'a' },
      { name: 'one', type: 'symlink', linkname: 'b' }
    ],
    'one twice'
  ],
  ['a hard link', [{ name: 'one', type: 'link', linkname: '/etc/passwd' }], 'which is a link'],
  ['a device', [{ name: 'one', type: 'character-device' }], 'which is a character-device']
] as const)('%s is an error', async (_, entries, message) => {
  const { archive, folder } = await tarOf(entries);
  await expect(untar(archive, folder, signal)).rejects.toThrow(message);
});

test('an archive that was cut off is an error', async () => {
  const { archive, folder } = await tarOf([{ name: 'first' }, { name: 'second' }]);
  await truncate(archive, (await stat(archive)).size - 20);
  await expect(untar(archive, folder, signal)).rejects.toThrow(/unexpected end/iu);
});
