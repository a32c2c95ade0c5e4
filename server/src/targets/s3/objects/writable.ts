import { randomUUID } from 'node:crypto';
import { isShipEnvError } from '../../../errors.js';
import { MultipartUpload } from '../multipart/multipart.js';
import type { S3Store } from '../store/store.js';

/**
 * Asks whether this person may write below the prefix: begins an upload in parts, for which S3 wants the right to write,
 * and removes it. There is no object at any moment.
 *
 * @throws ShipEnvError TARGET_DENIED, TARGET_BUCKET_MISSING; whatever else fails, the write itself will tell
 */
export async function requireWritable(store: S3Store, signal: AbortSignal): Promise<void> {
  const name = `.ship-env-probe-${randomUUID()}`;
  try {
    await store.attempt(
      'Looking whether one can write to',
      async () => {
        // As if parts were copied: nothing need be known of the store's checksums.
        const upload = await MultipartUpload.begin(store, name, randomUUID(), { copies: true });
        // Who may write but not take back still may write; what stays is removed as all that killed ships left is.
        await upload.abort().catch(() => undefined);
      },
      signal
    );
  } catch (error) {
    signal.throwIfAborted();
    if (isShipEnvError(error, 'TARGET_DENIED') || isShipEnvError(error, 'TARGET_BUCKET_MISSING')) throw error;
  }
}
