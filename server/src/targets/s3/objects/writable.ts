import { randomUUID } from 'node:crypto';
import { isShipEnvError } from '../../../errors.js';
import { MultipartUpload } from '../multipart/multipart.js';
import type { S3Store } from '../store/store.js';

/**
 * Checks that this person may write below the prefix: begins an upload in parts, which needs the permission to write,
 * and removes it. No object exists at any moment.
 *
 * @throws ShipEnvError TARGET_DENIED, TARGET_BUCKET_MISSING; every other failure is left to the write itself
 */
export async function requireWritable(store: S3Store, signal: AbortSignal): Promise<void> {
  const name = `.ship-env-probe-${randomUUID()}`;
  try {
    await store.attempt(
      'Checking write access to',
      async () => {
        // Begins as an upload with copies, so that it does not test the store's checksums.
        const upload = await MultipartUpload.begin(store, name, randomUUID(), { copies: true });
        // Credentials that may write but not abort are good enough. An upload that stays is removed later, like those
        // of killed ships.
        await upload.abort().catch(() => undefined);
      },
      signal
    );
  } catch (error) {
    signal.throwIfAborted();
    if (isShipEnvError(error, 'TARGET_DENIED') || isShipEnvError(error, 'TARGET_BUCKET_MISSING')) throw error;
  }
}
