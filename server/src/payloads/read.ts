import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ShipEnvError } from '../errors.js';
import type { Payload, SpannedPayload } from './payload.js';

/**
 * Reads the bytes from `start` (inclusive) to `end` (exclusive) into memory. Meant for ranges of a few MiB.
 *
 * @throws ShipEnvError CACHE_UNUSABLE when the payload ends early; the signal's reason when it is aborted
 */
export async function readRange(payload: Payload, start: number, end: number, signal?: AbortSignal): Promise<Buffer> {
  // A file stream with an empty range would read one byte or the whole file.
  if (start === end) return Buffer.alloc(0);
  const bytes = Buffer.allocUnsafe(end - start);
  let filled = 0;
  for await (const chunk of chunksOf(payload.open({ start, end }))) {
    signal?.throwIfAborted();
    if (filled + chunk.length > bytes.length) throw damaged(payload);
    chunk.copy(bytes, filled);
    filled += chunk.length;
  }
  if (filled !== bytes.length) throw damaged(payload);
  return bytes;
}

/** The chunks of a byte stream, typed as buffers. */
export async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array))
      throw new TypeError('A payload must be a stream of bytes, not of text or objects.');
    yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}

/**
 * The sha256 of a stream's bytes, lower-case hex, and their number.
 *
 * @param onProgress - called with the number of bytes read so far
 */
export async function digestOf(
  stream: Readable,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunksOf(stream)) {
    signal.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
    onProgress?.(bytes);
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Asserts that the bytes have the digest that was promised for this name. @throws ShipEnvError CACHE_UNUSABLE */
export function assertDigest({ name, promised }: Pick<SpannedPayload, 'name' | 'promised'>, sha256: string): void {
  if (promised !== undefined && promised.sha256 !== sha256) throw damaged({ name, ...promised });
}

function damaged(payload: Pick<Payload, 'name' | 'bytes' | 'sha256'>): ShipEnvError {
  return new ShipEnvError(
    'CACHE_UNUSABLE',
    `${payload.name} was not uploaded: the local copy no longer holds the ${payload.bytes} bytes with sha256 ${payload.sha256}.`,
    { hint: 'The local cache is damaged. Delete its folder ($SHIP_ENV_CACHE, else ~/.cache/ship-env) and ship again.' }
  );
}
