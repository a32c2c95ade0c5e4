import { isShipEnvError } from '../errors.js';
import { conflictError } from '../targets/object-errors.js';
import { readFacts } from '../targets/reading.js';
import type { Payload } from '../payloads/payload.js';
import type { ObjectFacts, Target } from '../targets/target.js';
import type { Verified } from './verified.js';

/** What an object must be. With `open`, its bytes can be read here. */
export type ExpectedContent = Pick<Payload, 'name' | 'bytes' | 'sha256'> & Partial<Pick<Payload, 'open'>>;

/** What a comparison needs. */
export interface CompareOptions {
  readonly verified: Verified;
  readonly signal: AbortSignal;
  /** Gets the progress when an object must be read. */
  readonly report?: (progress: { done: number; total: number; detail: string }) => void;
}

/**
 * Does the target hold the right bytes under this name? The name alone does not prove it: a copy by hand, or another
 * zlib on another machine, gives other bytes the same name. The rule is the same for all sizes: the digest that the
 * store keeps of the whole object decides. When the store keeps none, the object is read once, and the result is
 * remembered with the object's identity.
 *
 * @param found - the result of `stat`
 * @returns false when the object does not exist
 * @throws ShipEnvError TARGET_CONFLICT when the object is another one
 */
export async function isHeld(
  target: Target,
  expected: ExpectedContent,
  found: ObjectFacts | undefined,
  options: CompareOptions
): Promise<boolean> {
  if (found === undefined) return false;
  const { name, bytes, sha256 } = expected;
  const { verified } = options;
  if (found.bytes !== bytes) throw conflictError(target.url, expected, `${found.bytes} bytes`);
  if (found.sha256 !== undefined && found.sha256 !== sha256) {
    throw conflictError(target.url, expected, `sha256 ${found.sha256}`);
  }
  if (verified.holds(name, found.identity, sha256)) return true;
  if (found.sha256 === undefined) {
    const read = await readOnce(target, expected, options);
    if (read === undefined) return false;
    verified.add(name, read.identity, sha256);
  } else {
    verified.add(name, found.identity, sha256);
  }
  // Saved now: reading may have taken long, and a later failure must not lose its result.
  await verified.save();
  return true;
}

/** @returns undefined when the object is gone */
async function readOnce(
  target: Target,
  expected: ExpectedContent,
  { signal, report }: CompareOptions
): Promise<Pick<ObjectFacts, 'identity'> | undefined> {
  const { name, bytes, sha256, open } = expected;
  if (open !== undefined) return hasBytes(target, { name, bytes, sha256, open }, signal);
  const onProgress = (done: number): void => report?.({ done, total: bytes, detail: `reading ${name} to verify it` });
  const read = await readFacts(target, name, { signal, onProgress });
  if (read !== undefined && (read.bytes !== bytes || read.sha256 !== sha256)) {
    throw conflictError(target.url, expected, `${read.bytes} bytes with sha256 ${read.sha256}`);
  }
  return read;
}

/**
 * Compares without reading the object: when the payload can be read here, the store's checksum of the parts proves as
 * much.
 */
async function hasBytes(
  target: Target,
  payload: Payload,
  signal: AbortSignal
): Promise<Pick<ObjectFacts, 'identity'> | undefined> {
  try {
    return { identity: await target.verify(payload, signal) };
  } catch (error) {
    if (!isShipEnvError(error, 'TARGET_CHECKSUM')) throw error;
    // A cancelled ship of another machine may remove its objects at any moment.
    if ((await target.stat(payload.name, signal)) === undefined) return undefined;
    throw conflictError(target.url, payload, 'other bytes', error);
  }
}
