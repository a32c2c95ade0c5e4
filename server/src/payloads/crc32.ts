import * as zlib from 'node:zlib';

/** Of the polynomial 0xEDB88320, as zip wants it (APPNOTE 4.4.7). */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** For a Node.js before 20.15 and 22.2, whose zlib has no crc32. */
export function crc32ByTable(data: Uint8Array, start = 0): number {
  let crc = ~start;
  for (const byte of data) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/**
 * CRC-32 of `data`, going on from `start`.
 */
export const crc32: (data: Uint8Array, start?: number) => number =
  typeof zlib.crc32 === 'function' ? zlib.crc32 : crc32ByTable;
