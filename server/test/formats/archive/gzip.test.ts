import { crc32, gunzipSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MEMBER_HEADER, memberTrailer, storedBlocks } from '../../../src/formats/archive/gzip.js';

/** Bytes that differ, and do not repeat at the length of a block. */
const content = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 7) % 251));

describe('stored blocks', () => {
  test.each([0, 1, 65_535, 65_536, 200_000])('of %d bytes are read as a member of a gzip file', bytes => {
    const data = content(bytes);
    const member = Buffer.concat([
      MEMBER_HEADER,
      ...storedBlocks(data, { isLast: true }),
      memberTrailer(crc32(data), bytes)
    ]);
    expect(gunzipSync(member).equals(data)).toBe(true);
    // Two members are one file.
    expect(gunzipSync(Buffer.concat([member, member])).equals(Buffer.concat([data, data]))).toBe(true);
  });

  test('go on until the last one: what follows belongs to the same content', () => {
    const [first, second] = [content(70_000), content(10)];
    const blocks = [...storedBlocks(first, { isLast: false }), ...storedBlocks(second, { isLast: true })];
    expect(inflateRawSync(Buffer.concat(blocks)).equals(Buffer.concat([first, second]))).toBe(true);
    // Without the last one the content has no end.
    expect(() => inflateRawSync(Buffer.concat([...storedBlocks(first, { isLast: false })]))).toThrow('unexpected end');
  });

  test('of nothing are none, where more may follow', () => {
    expect([...storedBlocks(Buffer.alloc(0), { isLast: false })]).toEqual([]);
  });
});

test('the size of more than 4 GiB is told modulo 4 GiB, as RFC 1952 has it', () => {
  expect(memberTrailer(0xfedcba98, 2 ** 32 + 5).toString('hex')).toBe('98badcfe05000000');
});
