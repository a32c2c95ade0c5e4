import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { BLOCK_BYTES, END_BYTES, padding, tarHeader } from '../../../src/formats/archive/tar.js';
import { temporaryFolder } from '../../support/temporary.js';

const deep = (bytes: number): string => `${'folder/'.repeat(Math.floor(bytes / 7))}f.py`;

const NAMES = [
  'short.py',
  'x'.repeat(100),
  'x'.repeat(101),
  `${'x'.repeat(155)}/${'y'.repeat(100)}`,
  `${'x'.repeat(156)}/${'y'.repeat(100)}`,
  deep(250),
  deep(600),
  'tide é.txt',
  `${'é'.repeat(100)}/ü`,
  'a name with = and spaces',
  '-rf'
];

async function archive(...entries: Buffer[]): Promise<string> {
  const path = join(await temporaryFolder(), 'a.tar');
  await writeFile(path, Buffer.concat([...entries, Buffer.alloc(END_BYTES)]));
  return path;
}

function file(name: string, content: string): Buffer {
  const data = Buffer.from(content);
  return Buffer.concat([tarHeader({ name, size: data.length, executable: false }), data, padding(data.length)]);
}

/** The entries that Python's tarfile reads: name, type, content or link. */
async function asPythonReads(path: string): Promise<unknown> {
  const program = `
import json, sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    print(json.dumps([[m.name, m.mode, m.uid, m.mtime, m.linkname or archive.extractfile(m).read().decode()] for m in archive]))
`;
  return JSON.parse((await execa('python', ['-c', program, path])).stdout);
}

test('names of every length and alphabet are read by Python and by GNU tar as they are', async () => {
  const path = await archive(...NAMES.map((name, index) => file(name, `content ${index}`)));
  await expect(asPythonReads(path)).resolves.toEqual(
    NAMES.map((name, index) => [name, 0o644, 0, 315_532_800, `content ${index}`])
  );
  const { stdout } = await execa('tar', ['-tf', path, '--quoting-style=literal'], { env: { LC_ALL: 'C.UTF-8' } });
  expect(stdout.split('\n')).toEqual(NAMES);
});

test('links lead where they lead, however far', async () => {
  const links = ['python3', `/${'opt/'.repeat(60)}python`, '/home/jürgen/python'];
  const path = await archive(
    ...links.map((link, index) => tarHeader({ name: `l${index}`, size: 0, executable: false, link }))
  );
  await expect(asPythonReads(path)).resolves.toEqual(
    links.map((link, index) => [`l${index}`, 0o777, 0, 315_532_800, link])
  );
});

test('a file of more than 8 GiB has its size in a pax record', () => {
  const size = 9 * 2 ** 30;
  const header = tarHeader({ name: 'large', size, executable: true });
  expect(header.length % BLOCK_BYTES).toBe(0);
  expect(header.toString('latin1')).toContain(`size=${size}\n`);
  expect(tarHeader({ name: 'large', size: 8 * 2 ** 30 - 1, executable: true })).toHaveLength(BLOCK_BYTES);
});
