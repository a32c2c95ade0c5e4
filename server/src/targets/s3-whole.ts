import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { assertDigest, readRange } from './payload.js';
import { unlessTaken } from './s3-conditional.js';
import type { S3Store } from './s3-store.js';
import type { Payload } from './target.js';

/** Key of the user metadata that tells our own object from another's when an answer was lost on the way. */
export const UPLOAD_ID = 'ship-env-upload';

/**
 * Writes a small payload by one request, unless there is an object of that name.
 *
 * @param uploadId - becomes the object's metadata {@link UPLOAD_ID}
 * @param signal - left out, the request runs to its end: a request that was sent whole may be done although its sender
 *   has gone, and then nobody would know
 * @returns false when the name is taken
 * @throws what the SDK throws; ShipEnvError CACHE_UNUSABLE
 */
export async function putWhole(
  store: S3Store,
  payload: Payload,
  uploadId: string,
  signal?: AbortSignal
): Promise<boolean> {
  const body = await readRange(payload, 0, payload.bytes, signal);
  const digest = createHash('sha256').update(body).digest();
  assertDigest(payload, digest.toString('hex'));
  return unlessTaken(store, payload.name, async () => {
    const command = new PutObjectCommand({
      ...store.object(payload.name),
      Body: body,
      ContentLength: body.length,
      ContentType: 'application/octet-stream',
      Metadata: { [UPLOAD_ID]: uploadId },
      ...(store.checksums && { ChecksumSHA256: digest.toString('base64') }),
      ...(store.conditional && { IfNoneMatch: '*' })
    });
    store.assertS3(await store.client.send(command, { abortSignal: signal }));
  });
}
