import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { isShipEnvError, type ShipEnvError } from '../../src/errors.js';
import type { Payload } from '../../src/payloads/payload.js';
import type { Target, WriteOptions } from '../../src/targets/target.js';

/** A payload that is cheap to make and has no two equal parts. */
export function makePayload(name: string, bytes: number, fill = randomBytes(1)[0] ?? 0): Payload {
  const content = Buffer.alloc(bytes, fill);
  for (let at = 0; at + 4 <= bytes; at += 4096) content.writeUInt32LE(at, at);
  return payloadOf(name, content);
}

export function payloadOf(name: string, content: Buffer): Payload {
  return {
    name,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    isExecutable: name.endsWith('.pex'),
    open: range => Readable.from(pieces(content.subarray(range?.start, range?.end)))
  };
}

/** As a file stream delivers them. */
function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 65536) yield content.subarray(at, at + 65536);
}

/** A signal that nobody aborts. */
export const calm = new AbortController().signal;

/** The error that something fails with: one of ours, or the test fails. */
export async function failure(asked: Promise<unknown>): Promise<ShipEnvError> {
  const error: unknown = await asked.then(
    () => new Error('It did not fail.'),
    (caught: unknown) => caught
  );
  if (!isShipEnvError(error)) throw error;
  return error;
}

/** Writes a payload: was it created, or was there an object of that name? */
export async function put(target: Target, payload: Payload, options: WriteOptions): Promise<'created' | 'exists'> {
  return (await target.write(payload, options)) === undefined ? 'exists' : 'created';
}
