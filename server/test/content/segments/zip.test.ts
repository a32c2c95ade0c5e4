import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as zlibCrc32, inflateRawSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crc32, crc32ByTable } from '../../../src/payloads/crc32.js';
import {
  PIECE_BYTES,
  WINDOW_BYTES,
  deflatePiece,
  isWorthInflating
} from '../../../src/content/segments/zip/deflate.js';
import {
  DEFLATED,
  STORED,
  centralHeader,
  endRecords,
  joinedDirectories,
  localHeader,
  movedDirectory,
  needsZip64End,
  needsZip64Local,
  type ZipEntry
} from '../../../src/content/segments/zip/records.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-zip-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function entry(name: string, offset: number, data: Buffer): ZipEntry {
  return {
    name,
    offset,
    crc32: crc32(data),
    compressedSize: data.length,
    size: data.length,
    method: STORED,
    mode: 0o100755
  };
}

/** Writes entries at their offsets and a directory at `directoryAt`: a sparse file, which costs no disk. */
async function sparseArchive(
  path: string,
  entries: readonly ZipEntry[],
  data: Buffer,
  directoryAt: number
): Promise<void> {
  const handle: FileHandle = await open(path, 'w');
  try {
    for (const row of entries) {
      const local = Buffer.concat([localHeader(row), data]);
      await handle.write(local, 0, local.length, row.offset);
    }
    const directory = Buffer.concat(entries.map(row => centralHeader(row, 0)));
    const end = endRecords({ entries: entries.length, offset: directoryAt, bytes: directory.length });
    await handle.write(Buffer.concat([directory, end]), 0, directory.length + end.length, directoryAt);
  } finally {
    await handle.close();
  }
}

test('entries beyond 4 GiB are found by python and unzip', async () => {
  const path = join(folder, 'far.zip');
  const data = Buffer.from('far away\n');
  const entries = [
    entry('near', 0, data),
    entry('last-of-32-bit', 0xffff_fffe, data),
    entry('täglich', 0x1_4000_0000, data)
  ];
  await sparseArchive(path, entries, data, 0x1_8000_0000);
  const code = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    print(json.dumps([[i.filename, i.header_offset, i.external_attr >> 16, archive.read(i).decode()] for i in archive.infolist()]))
`;
  const { stdout } = await execa('python', ['-c', code, path]);
  expect(JSON.parse(stdout)).toEqual(entries.map(({ name, offset }) => [name, offset, 0o100755, 'far away\n']));
  // Without a locale, unzip reads names in another encoding.
  const options = { env: { LC_ALL: 'C.UTF-8' } };
  expect((await execa('unzip', ['-tq', path], options)).stdout).toContain('No errors detected');
  // zipinfo reports its guesses.
  expect((await execa('zipinfo', [path], options)).stdout).toContain('3 files, 27 bytes uncompressed');
});

test('a file of more than 4 GiB has its sizes in 64 bits', () => {
  const size = 0x1_2345_6789;
  const row = {
    name: 'big',
    crc32: 1,
    compressedSize: size + 5,
    size,
    method: STORED,
    mode: 0o100644,
    offset: 0
  } as const;
  const local = localHeader(row);
  const extra = local.subarray(30 + 3);
  expect([local.readUInt32LE(18), local.readUInt32LE(22), local.readUInt16LE(28)]).toEqual([
    0xffff_ffff, 0xffff_ffff, 20
  ]);
  expect([extra.readUInt16LE(0), extra.readUInt16LE(2), extra.readBigUInt64LE(4), extra.readBigUInt64LE(12)]).toEqual([
    1,
    16,
    BigInt(size),
    BigInt(size + 5)
  ]);
  const central = centralHeader(row, 0x1_0000_0000);
  const rest = central.subarray(46 + 3);
  expect([rest.readUInt16LE(2), rest.readBigUInt64LE(4), rest.readBigUInt64LE(12), rest.readBigUInt64LE(20)]).toEqual([
    24,
    BigInt(size),
    BigInt(size + 5),
    0x1_0000_0000n
  ]);
});

test('a central directory that is moved is the one that would be written there', () => {
  const row = { name: 'café', crc32: 7, compressedSize: 5, size: 9, method: DEFLATED, mode: 0o100755 } as const;
  const rows: ZipEntry[] = [
    { ...row, offset: 0 },
    { ...row, name: 'a', method: STORED, offset: 100 },
    { ...row, size: 2 ** 33, compressedSize: 2 ** 32, offset: 200 }
  ];
  const written = (base: number): Buffer => Buffer.concat(rows.map(entry => centralHeader(entry, base)));
  for (const base of [0, 12_345, 0xffff_ffff - 150, 2 ** 40]) {
    expect(movedDirectory(written(0), base)).toEqual(written(base));
    const archives = [0, 777, base].map(offset => ({ directory: written(0), offset }));
    const before = structuredClone(archives[0]?.directory);
    expect(joinedDirectories(archives)).toEqual(Buffer.concat([written(0), written(777), written(base)]));
    expect(archives[0]?.directory, 'is only read').toEqual(Buffer.from(before ?? []));
  }
});

test.each([
  [{ entries: 65_534, offset: 100, bytes: 100 }, false],
  [{ entries: 65_535, offset: 100, bytes: 100 }, true],
  [{ entries: 1, offset: 0xffff_fffe, bytes: 100 }, false],
  [{ entries: 1, offset: 0xffff_ffff, bytes: 100 }, true]
])('%j needs zip64 end records: %s', (directory, needed) => {
  expect(needsZip64End(directory)).toBe(needed);
  expect(endRecords(directory).length).toBe(needed ? 56 + 20 + 22 : 22);
});

test('a header is reserved for 64 bits before deflate can overflow 32', () => {
  // deflate stores what does not compress in blocks of at most 64 KiB with 5 bytes each, and a flush a piece.
  const limit = 0xff00_0000 - 1;
  expect(needsZip64Local(limit)).toBe(false);
  expect(limit + (limit / 65_535 + limit / PIECE_BYTES + 2) * 16).toBeLessThan(0xffff_ffff);
  expect(needsZip64Local(limit + 1)).toBe(true);
});

test('the pieces of a file are one deflate stream, in which each knows what is before it', () => {
  const content = Buffer.alloc(3 * PIECE_BYTES - 5, randomBytes(20_000));
  const compress = (windowBytes: number): Buffer => {
    const starts = [0, PIECE_BYTES, 2 * PIECE_BYTES];
    const parts = starts.map((at, index) => {
      const window = content.subarray(Math.max(0, at - windowBytes), at);
      return deflatePiece(content.subarray(at, at + PIECE_BYTES), { window, isLast: index === 2 });
    });
    return Buffer.concat(parts);
  };
  expect(inflateRawSync(compress(WINDOW_BYTES)).equals(content)).toBe(true);
  expect(compress(WINDOW_BYTES).length).toBeLessThan(compress(0).length - 30_000);
});

test('what does not shrink is stored', () => {
  const noise = randomBytes(10_000);
  expect(isWorthInflating(noise.length, deflatePiece(noise, { window: undefined, isLast: true }).length)).toBe(false);
  expect(isWorthInflating(0, deflatePiece(Buffer.alloc(0), { window: undefined, isLast: true }).length)).toBe(false);
});

test('the table gives the CRC that zlib gives, in parts too', () => {
  const data = randomBytes(5000);
  expect(crc32ByTable(data)).toBe(zlibCrc32(data));
  expect(crc32ByTable(data.subarray(1000), crc32ByTable(data.subarray(0, 1000)))).toBe(zlibCrc32(data));
});
