import { randomUUID } from 'node:crypto';
import { ShipEnvError, isShipEnvError, withLeftovers } from '../errors.js';
import { conflict } from './object-errors.js';
import { headObject, removeObject } from './s3-objects.js';
import { removeOrphanedUploads } from './s3-orphans.js';
import { PART_BYTES, putInParts } from './s3-parts.js';
import type { S3Store } from './s3-store.js';
import { UPLOAD_ID, putWhole } from './s3-whole.js';
import type { Payload, TransferOptions } from './target.js';

/** How long the look after a failed or aborted write, and the removal of what it made all the same, may take. */
const SETTLE_MS = 10_000;

/**
 * Writes an object that does not exist yet, in one request or in parts.
 *
 * The object carries the id of its upload as metadata. So when an answer is lost on the way, or the SDK's own retry
 * finds the name taken, the object itself tells whether it is ours.
 */
export async function putObject(
  store: S3Store,
  payload: Payload,
  options: TransferOptions
): Promise<'created' | 'exists'> {
  const { signal } = options;
  const id = randomUUID();
  // Also for stores that take If-None-Match without a word and then overwrite.
  let outcome = await settle(store, payload, id, signal);
  // Twice: what took the name may be gone a moment later, and a store may ask to try again (409).
  for (let attempt = 0; outcome === undefined && attempt < 2; attempt += 1) {
    outcome = (await write(store, payload, id, options)) ? 'created' : await settle(store, payload, id, signal);
  }
  if (outcome === undefined) {
    throw new ShipEnvError(
      'TARGET_FAILED',
      `${store.settings.url} does not take ${payload.name} and does not hold it either.`,
      {
        hint: 'Someone writes or removes it just now. Ship again.'
      }
    );
  }
  if (outcome === 'created' && signal.aborted) {
    await removeObject(store, payload.name, AbortSignal.timeout(SETTLE_MS)).catch((second: unknown) => {
      throw withLeftovers(signal.reason, second);
    });
    signal.throwIfAborted();
  }
  return outcome;
}

/** @returns false when the name is taken */
async function write(store: S3Store, payload: Payload, id: string, options: TransferOptions): Promise<boolean> {
  const { signal, onProgress } = options;
  const isWhole = payload.bytes <= PART_BYTES;
  try {
    const created = await store.attempt(
      `Writing ${payload.name} to`,
      () => (isWhole ? putWhole(store, payload, id) : writeParts(store, payload, id, options)),
      signal
    );
    if (created && isWhole) onProgress?.(payload.bytes);
    return created;
  } catch (error) {
    if (await wroteAllTheSame(store, payload, id, error, signal)) return true;
    throw error;
  }
}

async function writeParts(store: S3Store, payload: Payload, id: string, options: TransferOptions): Promise<boolean> {
  const created = await putInParts(store, payload, id, options);
  await removeOrphanedUploads(store);
  return created;
}

/** Did a request arrive whose answer did not? Asked only where that can be; the error at hand stays the one to report. */
async function wroteAllTheSame(
  store: S3Store,
  payload: Payload,
  id: string,
  error: unknown,
  signal: AbortSignal
): Promise<boolean> {
  if (!signal.aborted && !isShipEnvError(error, 'TARGET_FAILED') && !isShipEnvError(error, 'TARGET_TIMEOUT'))
    return false;
  const outcome = await settle(store, payload, id, AbortSignal.timeout(SETTLE_MS)).catch(() => undefined);
  return outcome === 'created';
}

/**
 * What the object of that name is: `created` by this very upload, there already, or undefined: not there.
 *
 * @throws ShipEnvError TARGET_CONFLICT when it has another size
 */
async function settle(
  store: S3Store,
  payload: Payload,
  id: string,
  signal: AbortSignal
): Promise<'created' | 'exists' | undefined> {
  const found = await headObject(store, payload.name, signal);
  if (found === undefined) return undefined;
  if (found.ContentLength !== payload.bytes)
    throw conflict(store.settings.url, payload, `${found.ContentLength ?? 0} bytes`);
  return found.Metadata?.[UPLOAD_ID] === id ? 'created' : 'exists';
}
