import { ShipEnvError } from '../errors.js';
import type { Payload } from './target.js';

/** What `read` takes into memory at most: a manifest of a thousand distributions has a few hundred KB. */
export const MAX_READ_BYTES = 32 * 1024 * 1024;

/** The target holds something else under a name that says what the content is. */
export function conflict(url: string, payload: Payload, foundBytes: number): ShipEnvError {
  return new ShipEnvError(
    'TARGET_CONFLICT',
    `${url} holds another ${payload.name}: ${foundBytes} bytes, where this one has ${payload.bytes}. It was not touched.`,
    { hint: 'It may be what an interrupted copy left behind. Remove it from the target and ship again.' }
  );
}

/** An object that should be on the target is not there. */
export function missing(url: string, payload: Payload): ShipEnvError {
  return new ShipEnvError('TARGET_CHECKSUM', `${url} does not hold ${payload.name}, which was to be verified there.`, {
    hint: 'Someone removed it meanwhile. Ship again.'
  });
}

/** An object on the target is not what was sent. */
export function differs(url: string, payload: Payload, found: string): ShipEnvError {
  return new ShipEnvError(
    'TARGET_CHECKSUM',
    `${payload.name} on ${url} is not what was sent: found ${found}, where ${payload.bytes} bytes with sha256 ${payload.sha256} belong.`,
    { hint: 'Do not use it. Remove it from the target and ship again.' }
  );
}

/** An object that is read whole is too large for that. */
export function tooLarge(url: string, name: string, bytes: number): ShipEnvError {
  return new ShipEnvError('TARGET_CONFLICT', `${name} on ${url} has ${bytes} bytes: too many for a manifest.`, {
    hint: 'It is not a file that ship-env wrote. Move it away.'
  });
}
