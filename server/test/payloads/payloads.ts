import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { isShipEnvError, type ShipEnvError } from '../../src/errors.js';
import type { Payload } from '../../src/payloads/payload.js';
import type { Target, WriteOptions } from '../../src/targets/target.js';

/** A payload that is cheap to make and in which no part repeats. */
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

/** Chunks of the size of a file stream. */
function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 65536) yield content.subarray(at, at + 65536);
}

/** A signal that never aborts. */
export const calm = new AbortController().signal;

/** The error of a failing promise; the test fails when it is not one of ours. */
export async function failure(asked: Promise<unknown>): Promise<ShipEnvError> {
  const error: unknown = await asked.then(
    () => new Error('It did not fail.'),
    (caught: unknown) => caught
  );
  if (!isShipEnvError(error)) throw error;
  return error;
}

/** Writes a payload, and tells whether it was created or the name was taken. */
export async function put(target: Target, payload: Payload, options: WriteOptions): Promise<'created' | 'exists'> {
  return (await target.write(payload, options)) === undefined ? 'exists' : 'created';
}
