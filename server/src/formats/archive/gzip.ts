/**
 * Members of a gzip file (RFC 1952). A file may hold several members (2.2). GNU gzip, Python's gzip and Java's
 * GZIPInputStream return the contents of all members, one after the other.
 */

/** The header of a member, without name, time and system, so that equal content gives equal bytes. */
export const MEMBER_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** The end of a member: CRC-32 and size of its content. */
export function memberTrailer(crc32: number, size: number): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  return trailer;
}

/** The most that a stored block of deflate can hold (RFC 1951, 3.2.4). */
const STORED_BYTES = 0xffff;

/** Writes content as stored blocks of deflate, for content that compression does not make smaller. */
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
