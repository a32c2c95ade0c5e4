import { isShipEnvError } from '../errors.js';
import { conflict } from '../targets/object-errors.js';
import type { ObjectFacts, Payload, Target } from '../targets/target.js';

/** Up to this size an object whose digest the target does not know is read: a moment on any network. */
const CHEAP_BYTES = 1024 * 1024;

/**
 * Is what the target holds under the payload's name the payload? A name says what the bytes should be, but not that they
 * are: a copy by hand, or another zlib on another machine, makes other bytes of the same name.
 *
 * @param found - what `head` said of the object
 * @param thorough - read a large object too, when the target keeps no digest of it
 * @returns false when nothing is there
 * @throws ShipEnvError TARGET_CONFLICT when something else is there
 */
export async function isHeld(
  target: Target,
  payload: Payload,
  found: ObjectFacts | undefined,
  { thorough, signal }: { thorough: boolean; signal: AbortSignal }
): Promise<boolean> {
  if (found === undefined) return false;
  if (found.bytes !== payload.bytes) throw conflict(target.url, payload, `${found.bytes} bytes`);
  if (found.sha256 !== undefined) {
    if (found.sha256 !== payload.sha256) throw conflict(target.url, payload, `sha256 ${found.sha256}`);
    return true;
  }
  return thorough || payload.bytes <= CHEAP_BYTES ? hasBytes(target, payload, signal) : true;
}

async function hasBytes(target: Target, payload: Payload, signal: AbortSignal): Promise<boolean> {
  try {
    await target.verify(payload, signal);
    return true;
  } catch (error) {
    if (!isShipEnvError(error, 'TARGET_CHECKSUM')) throw error;
    // Another machine's cancelled ship takes its own back at any moment.
    if ((await target.head(payload.name, signal)) === undefined) return false;
    throw conflict(target.url, payload, 'other bytes', error);
  }
}
