import { randomUUID } from 'node:crypto';
import { ShipEnvError, isShipEnvError, withLeftovers } from '../../../errors.js';
import { conflictError } from '../../object-errors.js';
import { CopyRefused } from '../delta/copy.js';
import { headObject, removeObject } from './objects.js';
import type { S3Store } from '../store/store.js';
import { SETTLE_MS } from '../time-limits.js';
import { UPLOAD_ID } from './whole.js';
import { ObjectWriter, type WriteResult } from './writer.js';
import type { SpannedPayload } from '../../../payloads/payload.js';
import type { Holding, WriteOptions } from '../../target.js';

/**
 * Writes an object that does not exist yet, in one request or in parts.
 *
 * The object has the id of its upload as metadata. So when an answer is lost, or the SDK's own retry finds the name
 * taken, the object itself tells whether it is ours.
 *
 * @param sources - artifacts that may be copied from
 * @returns undefined when an object of that name exists
 * @throws ShipEnvError TARGET_*; CopyRefused
 */
export async function putObject(
  store: S3Store,
  payload: SpannedPayload,
  sources: readonly Holding[],
  options: WriteOptions
): Promise<WriteResult | undefined> {
  const { signal } = options;
  const writer = new ObjectWriter(store, payload, sources, options);
  const id = randomUUID();
  // Checked first, unless the caller did: some stores accept If-None-Match and overwrite all the same.
  let outcome = options.isFree === true ? undefined : await settle(store, payload, writer, id, signal);
  // Two attempts: the object that took the name may disappear a moment later, and a store may ask to try again (409).
  for (let attempt = 0; outcome === undefined && attempt < 2; attempt += 1) {
    outcome = (await write(store, payload, writer, id, signal))
      ? 'created'
      : await settle(store, payload, writer, id, signal);
  }
  if (outcome === undefined) {
    throw new ShipEnvError(
      'TARGET_FAILED',
      `${store.settings.url} refuses to write ${payload.name}, as if it were there, but does not hold it.`,
      {
        hint: 'Someone is writing or removing this file. Ship again.'
      }
    );
  }
  if (outcome === 'created' && signal.aborted) {
    await removeObject(store, payload.name, AbortSignal.timeout(SETTLE_MS)).catch((second: unknown) => {
      throw withLeftovers(signal.reason, second);
    });
    signal.throwIfAborted();
  }
  return outcome === 'created' ? writer.written : undefined;
}

/** @returns false when the name is taken */
async function write(
  store: S3Store,
  payload: SpannedPayload,
  writer: ObjectWriter,
  id: string,
  signal: AbortSignal
): Promise<boolean> {
  try {
    const outcome = await store.attempt(
      `Writing ${payload.name} to`,
      // A CopyRefused must reach the caller unchanged.
      () => writer.write(id).catch((error: unknown) => unlessRefused(error)),
      signal
    );
    if (outcome instanceof CopyRefused) throw outcome;
    return outcome;
  } catch (error) {
    if (await wroteAllTheSame(store, payload, writer, id, error, signal)) return true;
    throw error;
  }
}

function unlessRefused(error: unknown): CopyRefused {
  if (error instanceof CopyRefused) return error;
  throw error;
}

/**
 * Did the request succeed although its answer was lost? Asked only when that is possible. The error at hand stays the
 * one to report.
 */
async function wroteAllTheSame(
  store: S3Store,
  payload: SpannedPayload,
  writer: ObjectWriter,
  id: string,
  error: unknown,
  signal: AbortSignal
): Promise<boolean> {
  if (!signal.aborted && !isShipEnvError(error, 'TARGET_FAILED') && !isShipEnvError(error, 'TARGET_TIMEOUT'))
    return false;
  const outcome = await settle(store, payload, writer, id, AbortSignal.timeout(SETTLE_MS)).catch(() => undefined);
  return outcome === 'created';
}

/**
 * Tells about the object of that name: `created` by this upload, `exists` already, or undefined when there is none.
 *
 * @throws ShipEnvError TARGET_CONFLICT when the object has another size
 */
async function settle(
  store: S3Store,
  { name, promised }: SpannedPayload,
  writer: ObjectWriter,
  id: string,
  signal: AbortSignal
): Promise<'created' | 'exists' | undefined> {
  const found = await headObject(store, name, signal);
  if (found === undefined) return undefined;
  const bytes = found.ContentLength ?? 0;
  const known = writer.written ?? promised;
  if (known !== undefined && bytes !== known.bytes)
    throw conflictError(store.settings.url, { name, bytes: known.bytes, sha256: known.sha256 }, `${bytes} bytes`);
  return found.Metadata?.[UPLOAD_ID] === id ? 'created' : 'exists';
}
