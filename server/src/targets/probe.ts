import { randomBytes, randomUUID } from 'node:crypto';
import type { Probed } from '../contract/targets.js';
import { ShipEnvError, isShipEnvError } from '../errors.js';
import { bufferPayload } from '../payloads/buffer.js';
import type { Payload } from '../payloads/payload.js';
import { readSmall } from './reading.js';
import type { Target } from './target.js';

/** How long the probe object's removal may take when the probe itself failed or was aborted. */
const CLEAN_UP_MS = 5000;
const PROBE_BYTES = 1024;

/** A name for a probe object: random, and hidden from lists. */
export function probeName(): string {
  return `.ship-env-probe-${randomUUID()}`;
}

/**
 * Writes, reads back and deletes a small object of a random, hidden name, and times each.
 *
 * The object is deleted also when a step fails; the first error is the one that is thrown.
 */
export async function probe(
  target: Pick<Target, 'url' | 'write' | 'read' | 'remove'>,
  signal: AbortSignal
): Promise<Probed> {
  const payload = bufferPayload(probeName(), randomBytes(PROBE_BYTES));
  try {
    const writeMs = await timed(() => target.write(payload, { signal, isFree: true }));
    const readMs = await timed(() => readBack(target, payload, signal));
    const deleteMs = await timed(() => target.remove(payload.name, signal));
    return { url: target.url, writeMs, readMs, deleteMs };
  } catch (error) {
    if (mayHaveWritten(error)) {
      // The first error matters more than an error of the removal.
      await target.remove(payload.name, AbortSignal.timeout(CLEAN_UP_MS)).catch(() => undefined);
    }
    throw error;
  }
}

async function readBack(target: Pick<Target, 'url' | 'read'>, payload: Payload, signal: AbortSignal): Promise<void> {
  const read = await readSmall(target, payload.name, signal);
  if (read !== undefined && bufferPayload(payload.name, read).sha256 === payload.sha256) return;
  throw new ShipEnvError(
    'TARGET_CHECKSUM',
    `The target ${target.url} took a probe object of ${payload.bytes} bytes, but ${
      read === undefined ? 'does not find it any more' : `gave back ${read.length} other bytes`
    }.`,
    {
      hint: 'A proxy, a cache or a broken disk on the way to the store changes or drops data. Ask the people who run it.'
    }
  );
}

/**
 * May the store hold the probe object? Not when it could not be reached or refused the write; then a removal would only
 * cost time.
 */
function mayHaveWritten(error: unknown): boolean {
  return !(
    isShipEnvError(error, 'TARGET_REFUSED') ||
    isShipEnvError(error, 'TARGET_NAME_NOT_FOUND') ||
    isShipEnvError(error, 'TARGET_TLS') ||
    isShipEnvError(error, 'TARGET_CREDENTIALS_MISSING') ||
    isShipEnvError(error, 'TARGET_SIGNATURE') ||
    isShipEnvError(error, 'TARGET_BUCKET_MISSING')
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round((performance.now() - start) * 10) / 10;
}
