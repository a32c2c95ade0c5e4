import { differs, missing } from './object-errors.js';
import { digestOf } from './payload.js';
import { headObject, openObject } from './s3-objects.js';
import { compositeChecksumOf } from './s3-parts.js';
import type { S3Store } from './s3-store.js';
import type { Payload } from './target.js';

/**
 * Compares an object with what was sent: its size and the SHA-256 that the store keeps of it. Of an object in parts
 * that is a checksum of checksums, for which the payload is read again. Where the store keeps none, or someone copied
 * the object in other parts, the object is read.
 *
 * @throws ShipEnvError TARGET_CHECKSUM
 */
export async function verifyObject(store: S3Store, payload: Payload, signal: AbortSignal): Promise<void> {
  const { url } = store.settings;
  const found = await headObject(store, payload.name, signal);
  if (found === undefined) throw missing(url, payload);
  if (found.ContentLength !== payload.bytes) throw differs(url, payload, `${found.ContentLength ?? 0} bytes`);
  const kept = found.ChecksumSHA256;
  const partCount = kept?.split('-')[1];
  if (kept !== undefined) {
    const expected =
      partCount === undefined
        ? Buffer.from(payload.sha256, 'hex').toString('base64')
        : await compositeChecksumOf(payload, signal);
    if (kept === expected) return;
    if (partCount === expected.split('-')[1]) throw differs(url, payload, `the checksum ${kept}`);
  }
  await verifyByReading(store, payload, signal);
}

/** The digest of the whole content, when the store keeps it: of an object in parts it does not. */
export function sha256Of({ ChecksumSHA256: kept }: { ChecksumSHA256?: string | undefined }): string | undefined {
  return kept === undefined || kept.includes('-') ? undefined : Buffer.from(kept, 'base64').toString('hex');
}

async function verifyByReading(store: S3Store, payload: Payload, signal: AbortSignal): Promise<void> {
  const { sha256 } = await store.attempt(
    `Reading ${payload.name} from`,
    async () => digestOf(await openObject(store, payload.name, signal), signal),
    signal
  );
  if (sha256 !== payload.sha256) throw differs(store.settings.url, payload, `sha256 ${sha256}`);
}
