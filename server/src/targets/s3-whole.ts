import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { assertDigest, readRange } from './payload.js';
import { statusOf } from './s3-answer.js';
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
  return unlessTaken(store, async () => {
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
    return true;
  });
}

/**
 * Sends a request that creates an object; goes on without what the store does not have.
 *
 * @param request - reads the store's flags anew each time; false when it finds the name taken itself
 * @returns false when the store says that the name is taken, or is just being taken
 */
export async function unlessTaken(store: S3Store, request: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      const status = statusOf(error);
      if (status === 412 || status === 409) return false;
      if (status !== 501 || !goWithout(store)) throw error;
    }
  }
}

/** Not Implemented: leaves out what is the newest first. False when nothing is left to leave out. */
function goWithout(store: S3Store): boolean {
  if (store.conditional) store.conditional = false;
  else if (store.checksums) store.checksums = false;
  else return false;
  return true;
}
