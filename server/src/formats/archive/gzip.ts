/**
 * Members of a gzip file (RFC 1952). A file may be a row of them (2.2), and readers give their contents back to back: GNU
 * gzip, Python's gzip and Java's GZIPInputStream alike.
 */

/** No name, no time, of no system: equal content gives equal bytes. */
export const MEMBER_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** CRC-32 and size of the content. */
export function memberTrailer(crc32: number, size: number): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  return trailer;
}

/** The most that a stored block of deflate can hold (RFC 1951, 3.2.4). */
const STORED_BYTES = 0xffff;

/** Content as stored blocks of deflate: for what does not shrink. */
export function* storedBlocks(content: Buffer, { isLast }: { isLast: boolean }): Generator<Buffer> {
  if (content.length === 0 && isLast) yield blockHeader(0, true);
  for (let at = 0; at < content.length; at += STORED_BYTES) {
    const data = content.subarray(at, at + STORED_BYTES);
    yield blockHeader(data.length, isLast && at + data.length === content.length);
    yield data;
  }
}

function blockHeader(length: number, isFinal: boolean): Buffer {
  const header = Buffer.alloc(5);
  header[0] = isFinal ? 1 : 0;
  header.writeUInt16LE(length, 1);
  header.writeUInt16LE(length ^ STORED_BYTES, 3);
  return header;
}
