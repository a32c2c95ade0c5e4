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

test('a header is byte for byte what Python writes, but for the numbers of a device, which GNU tar writes too', async () => {
  const entries = [
    { name: 'short.py', size: 3, executable: false },
    { name: 'bin/run', size: 0o7777_7777_777, executable: true },
    { name: `${'x'.repeat(155)}/${'y'.repeat(100)}`, size: 0, executable: false },
    { name: `${'a/'.repeat(60)}b`, size: 1, executable: false },
    { name: 'link', size: 0, executable: false, link: '../x' }
  ];
  const program = `
import json, sys, tarfile
for entry in json.loads(sys.argv[1]):
    info = tarfile.TarInfo(entry["name"])
    info.size, info.mtime = entry["size"], 315532800
    info.mode = 0o777 if "link" in entry else 0o755 if entry["executable"] else 0o644
    if "link" in entry:
        info.type, info.linkname = tarfile.SYMTYPE, entry["link"]
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    header[329:345] = b"0000000\\0" * 2
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\\0 " % sum(header)
    print(header.hex())
`;
  const { stdout } = await execa('python', ['-c', program, JSON.stringify(entries)]);
  expect(entries.map(entry => tarHeader(entry).toString('hex'))).toEqual(stdout.split('\n'));
});

test.each([
  ['x'.repeat(100), 1],
  ['x'.repeat(101), 3],
  [`${'x'.repeat(155)}/${'y'.repeat(100)}`, 1],
  [`${'x'.repeat(156)}/${'y'.repeat(100)}`, 3],
  [`${'x'.repeat(100)}/`, 3],
  [`/${'x'.repeat(100)}`, 3],
  [`a/${'x'.repeat(100)}`, 1],
  ['é', 3]
])('the name %s needs %d blocks', (name, blocks) => {
  expect(tarHeader({ name, size: 0, executable: false })).toHaveLength(blocks * BLOCK_BYTES);
});

test('a reader that knows no pax shows the end of a name, in ASCII', () => {
  const header = tarHeader({ name: `${'long/'.repeat(60)}tide é\u007f.txt`, size: 0, executable: false });
  const [pax, entry] = [0, 2 * BLOCK_BYTES].map(at => header.toString('latin1', at, at + 100));
  // The record of this name needs a block.
  expect(header).toHaveLength(3 * BLOCK_BYTES);
  expect(entry).toBe(`${'long/'.repeat(60)}tide __.txt`.slice(-100));
  expect(pax).toBe(`PaxHeaders/${entry}`.slice(0, 100));
});
