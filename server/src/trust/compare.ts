import { isShipEnvError } from '../errors.js';
import { conflict } from '../targets/object-errors.js';
import { readFacts } from '../targets/reading.js';
import type { Payload } from '../payloads/payload.js';
import type { ObjectFacts, Target } from '../targets/target.js';
import type { Verified } from './verified.js';

/** What an object must be; with `open`, its bytes are at hand. */
export type Expected = Pick<Payload, 'name' | 'bytes' | 'sha256'> & Partial<Pick<Payload, 'open'>>;

/** What a comparison stands on. */
export interface CompareOptions {
  readonly verified: Verified;
  readonly signal: AbortSignal;
  /** Told how far it is when an object must be read. */
  readonly report?: (progress: { done: number; total: number; detail: string }) => void;
}

/**
 * Is what the target holds under the name what it must be? A name says what the bytes should be, but not that they are: a
 * copy by hand, or another zlib on another machine, makes other bytes of the same name. One rule for objects of any size:
 * the digest that the store keeps of the whole decides; where it keeps none, the object is read once, and remembered with
 * its identity.
 *
 * @param found - what `look` said of the object
 * @returns false when nothing is there
 * @throws ShipEnvError TARGET_CONFLICT when something else is there
 */
export async function isHeld(
  target: Target,
  expected: Expected,
  found: ObjectFacts | undefined,
  options: CompareOptions
): Promise<boolean> {
  if (found === undefined) return false;
  const { name, bytes, sha256 } = expected;
  const { verified } = options;
  if (found.bytes !== bytes) throw conflict(target.url, expected, `${found.bytes} bytes`);
  if (found.sha256 !== undefined && found.sha256 !== sha256) {
    throw conflict(target.url, expected, `sha256 ${found.sha256}`);
  }
  if (verified.holds(name, found.identity, sha256)) return true;
  if (found.sha256 === undefined) {
    const read = await readOnce(target, expected, options);
    if (read === undefined) return false;
    verified.add(name, read.identity, sha256);
  } else {
    verified.add(name, found.identity, sha256);
  }
  // Reading may have taken long: whatever comes next, it need not be done again.
  await verified.save();
  return true;
}

/** @returns undefined when the object is gone */
async function readOnce(
  target: Target,
  expected: Expected,
  { signal, report }: CompareOptions
): Promise<Pick<ObjectFacts, 'identity'> | undefined> {
  const { name, bytes, sha256, open } = expected;
  if (open !== undefined) return hasBytes(target, { name, bytes, sha256, open }, signal);
  const onProgress = (done: number): void => report?.({ done, total: bytes, detail: `reading ${name} to verify it` });
  const read = await readFacts(target, name, { signal, onProgress });
  if (read !== undefined && (read.bytes !== bytes || read.sha256 !== sha256)) {
    throw conflict(target.url, expected, `${read.bytes} bytes with sha256 ${read.sha256}`);
  }
  return read;
}

/** With the bytes at hand, a store's checksum of the parts tells as much as reading. */
async function hasBytes(
  target: Target,
  payload: Payload,
  signal: AbortSignal
): Promise<Pick<ObjectFacts, 'identity'> | undefined> {
  try {
    return { identity: await target.verify(payload, signal) };
  } catch (error) {
    if (!isShipEnvError(error, 'TARGET_CHECKSUM')) throw error;
    // Another machine's cancelled ship takes its own back at any moment.
    if ((await target.look(payload.name, signal)) === undefined) return undefined;
    throw conflict(target.url, payload, 'other bytes', error);
  }
}
