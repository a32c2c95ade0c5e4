import { createHash } from 'node:crypto';
import { readRange } from '../../../payloads/read.js';
import { partBytesOf } from '../delta/part-plan.js';
import type { Payload } from '../../../payloads/payload.js';

/**
 * The checksum that S3 keeps of an object in parts: the sha256 (base64) of the concatenated sha256 of the parts, and
 * the number of parts. (Amazon S3 user guide, "Checking object integrity", composite checksums.)
 */
export function compositeChecksum(parts: readonly Buffer[]): string {
  return `${createHash('sha256').update(Buffer.concat(parts)).digest('base64')}-${parts.length}`;
}

/** The composite checksum of a payload whose parts are all sent, none copied. Reads the whole payload. */
export async function compositeChecksumOf(payload: Payload, signal: AbortSignal): Promise<string> {
  const digests: Buffer[] = [];
  const size = partBytesOf(payload.bytes);
  for (let start = 0; start < payload.bytes; start += size) {
    const part = await readRange(payload, start, Math.min(start + size, payload.bytes), signal);
    digests.push(createHash('sha256').update(part).digest());
  }
  return compositeChecksum(digests);
}
