import { piecesOf } from '../../payloads/pieces.js';
import { assertDigest } from '../../payloads/read.js';
import { SpanReader } from '../../payloads/span-reader.js';
import type { Payload, SpannedPayload } from '../../payloads/payload.js';
import { STALE_MS } from '../../system/process/leftovers.js';
import { isDead } from '../../system/process/owner.js';
import { ownedPart } from '../temporaries.js';
import type { Digested, HadoopOperations } from './operations.js';

/** What was written. */
export type Written = Pick<Payload, 'bytes' | 'sha256'> & Pick<Digested, 'crc32c'>;

/**
 * Writes a payload to a new file; nothing is left when it fails.
 *
 * @throws ShipEnvError CACHE_UNUSABLE when the payload is not what its digest says; the signal's reason when aborted
 */
export async function writePayload(
  operations: HadoopOperations,
  url: string,
  payload: SpannedPayload,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void
): Promise<Written> {
  const reader = new SpanReader();
  let sha256 = '';
  const checked = async function* (): AsyncGenerator<Buffer> {
    yield* piecesOf(payload, reader, signal);
    sha256 = reader.sha256();
    assertDigest(payload, sha256);
  };
  return { ...(await operations.write(url, checked(), signal, onProgress)), sha256 };
}

/** Computes the checksum that a payload's file has. */
export function digestPayload(
  operations: HadoopOperations,
  payload: SpannedPayload,
  signal: AbortSignal
): Promise<Digested> {
  return operations.digest(piecesOf(payload, new SpanReader(), signal), signal);
}

/**
 * Removes temporary files that killed processes left in a folder. Best effort: a file that someone else owns or removes
 * first is not an error.
 *
 * @param written - the name of a file that was written just now: its date tells the time of the file system
 */
export async function removeStaleTemporaries(
  operations: HadoopOperations,
  folder: string,
  written: string,
  signal: AbortSignal
): Promise<void> {
  const entries = (await operations.list(folder, signal)) ?? new Map<string, never>();
  const now = entries.get(written)?.modified.getTime() ?? -Infinity;
  for (const [name, { modified }] of entries) {
    const owned = ownedPart(name);
    if (owned === undefined || name === written) continue;
    if ((await isDead(owned)) ?? now - modified.getTime() > STALE_MS)
      await operations.remove(`${folder}/${encodeURI(name)}`, signal).catch(() => signal.throwIfAborted());
  }
}
