import * as zlib from 'node:zlib';

/** The CRC-32 table for the polynomial 0xEDB88320, which zip uses (APPNOTE 4.4.7). */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** For Node.js before 20.15 or 22.2: its zlib has no crc32. */
export function crc32ByTable(data: Uint8Array, start = 0): number {
  let crc = ~start;
  for (const byte of data) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** CRC-32 of `data`; `start` is the CRC-32 of the bytes before it. */
export const crc32: (data: Uint8Array, start?: number) => number =
  typeof zlib.crc32 === 'function' ? zlib.crc32 : crc32ByTable;
