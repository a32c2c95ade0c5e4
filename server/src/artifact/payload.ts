import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Payload } from '../targets/target.js';

/** A file in the cache as a payload. */
export function filePayload(path: string, described: { name: string; bytes: number; sha256: string }): Payload {
  const { name, bytes, sha256 } = described;
  return {
    name,
    bytes,
    sha256,
    open(range = { start: 0, end: bytes }) {
      // A read stream's end is inclusive, so an empty range has no spelling.
      if (range.end <= range.start) return Readable.from([]);
      return createReadStream(path, { start: range.start, end: range.end - 1, highWaterMark: 1024 * 1024 });
    }
  };
}

/** Bytes in memory as a payload. */
export function bufferPayload(name: string, data: Buffer): Payload {
  return {
    name,
    bytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
    open: (range = { start: 0, end: data.length }) =>
      Readable.from([data.subarray(range.start, range.end)], { objectMode: false })
  };
}
