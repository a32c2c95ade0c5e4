import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Payload } from './payload.js';

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
