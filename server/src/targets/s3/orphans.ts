import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { S3Store } from './store.js';

/** No upload takes this long: who began it was killed. */
const STALE_MS = 24 * 60 * 60 * 1000;
const TIDY_MS = 5000;
/** What ship-env uploads in parts: files named by their content. */
const CONTENT_NAMED = /-[0-9a-f]{8,}\.[a-z][a-z.]*$/u;

/**
 * Removes what killed ships left unfinished on the target for a day or longer: a store keeps such parts for ever, and
 * bills them. Best effort: a store that cannot list uploads, or credentials that may not, stop no ship.
 */
export async function removeOrphanedUploads(store: S3Store): Promise<void> {
  const { bucket: Bucket, keyPrefix: Prefix } = store.settings;
  const before = Date.now() - STALE_MS;
  const signal = AbortSignal.timeout(TIDY_MS);
  try {
    const found = await store.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix, Delimiter: '/' }), {
      abortSignal: signal
    });
    for (const { Key, UploadId, Initiated } of found.Uploads ?? []) {
      if (Key === undefined || Initiated === undefined || Initiated.getTime() > before || !CONTENT_NAMED.test(Key))
        continue;
      if (Key.slice(Prefix.length).includes('/')) continue;
      await store.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal: signal });
    }
  } catch {
    // Tidying up is a courtesy; what matters to the ship shows in its own requests.
  }
}
