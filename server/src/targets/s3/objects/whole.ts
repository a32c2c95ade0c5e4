import { PutObjectCommand } from '@aws-sdk/client-s3';
import { unlessTaken } from '../store/optional.js';
import type { S3Store } from '../store/store.js';

/** Key of the user metadata that identifies our own object when an answer was lost. */
export const UPLOAD_ID = 'ship-env-upload';

/** A small object that is in memory. */
export interface WholeObject {
  readonly name: string;
  readonly body: Buffer;
  /** sha256 of the body. */
  readonly digest: Buffer;
}

/**
 * Writes a small object by one request, unless an object of that name exists.
 *
 * @param uploadId - becomes the object's metadata {@link UPLOAD_ID}
 * @param signal - without it the request runs to its end. A store may carry out a request whose sender has
 *   disconnected, and nobody would know
 * @returns the object's ETag; undefined when the name is taken
 * @throws what the SDK throws
 */
export async function putWhole(
  store: S3Store,
  { name, body, digest }: WholeObject,
  uploadId: string,
  signal?: AbortSignal
): Promise<string | undefined> {
  let etag: string | undefined;
  const features = { condition: 'conditionalPut', others: ['checksums'] } as const;
  const isWritten = await unlessTaken(store, name, features, async uses => {
    const command = new PutObjectCommand({
      ...store.object(name),
      Body: body,
      ContentLength: body.length,
      ContentType: 'application/octet-stream',
      Metadata: { [UPLOAD_ID]: uploadId },
      ...(uses('checksums') && { ChecksumSHA256: digest.toString('base64') }),
      ...(uses('conditionalPut') && { IfNoneMatch: '*' })
    });
    const answer = await store.client.send(command, { abortSignal: signal });
    store.assertS3(answer.ETag);
    etag = answer.ETag;
  });
  return isWritten ? etag : undefined;
}
