import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
  type CompletedPart
} from '@aws-sdk/client-s3';
import { statusOf } from './s3-answer.js';
import type { S3Store } from './s3-store.js';
import { UPLOAD_ID } from './s3-whole.js';
import type { Payload } from './target.js';

/** How long the removal of a failed upload may take. */
const ABORT_MS = 30_000;

/**
 * Begins an upload in parts.
 *
 * @param uploadId - becomes the object's metadata
 * @returns the store's id of the upload
 */
export async function createUpload(store: S3Store, payload: Payload, uploadId: string): Promise<string> {
  const create = (): Promise<{ UploadId?: string }> =>
    store.client.send(
      new CreateMultipartUploadCommand({
        ...store.object(payload.name),
        ContentType: 'application/octet-stream',
        Metadata: { [UPLOAD_ID]: uploadId },
        ...(store.checksums && { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' })
      })
    );
  const { UploadId: id } = await create().catch((error: unknown) => {
    // Not Implemented, or a header that an older store calls invalid.
    if (!store.checksums || ![400, 501].includes(statusOf(error) ?? 0)) throw error;
    store.checksums = false;
    return create();
  });
  if (id === undefined) throw new Error('The store began an upload without naming it.');
  return id;
}

/** Sends one part. */
export async function sendPart(
  store: S3Store,
  payload: Payload,
  id: string,
  number: number,
  body: Buffer,
  signal: AbortSignal
): Promise<CompletedPart> {
  const checksum = store.checksums ? { ChecksumSHA256: createHash('sha256').update(body).digest('base64') } : {};
  const { ETag } = await store.client.send(
    new UploadPartCommand({
      ...store.object(payload.name),
      UploadId: id,
      PartNumber: number,
      Body: body,
      ContentLength: body.length,
      ...checksum
    }),
    { abortSignal: signal }
  );
  return { PartNumber: number, ETag, ...checksum };
}

/**
 * Removes an upload and its parts, and looks whether they are gone: "if any part uploads are in progress, it might be
 * necessary to abort a given multipart upload multiple times" (Amazon S3 API, AbortMultipartUpload). With a time limit
 * of its own: the caller's signal may be why it runs.
 */
export async function abortUpload(store: S3Store, payload: Payload, id: string): Promise<void> {
  const upload = { ...store.object(payload.name), UploadId: id };
  const abortSignal = AbortSignal.timeout(ABORT_MS);
  for (let isThere = true; isThere; isThere = await hasParts(store, upload, abortSignal)) {
    try {
      await store.client.send(new AbortMultipartUploadCommand(upload), { abortSignal });
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }
}

/** Whether the upload is still known. A store that does not say, or not to us, is taken at its word that it is gone. */
async function hasParts(
  store: S3Store,
  upload: { Bucket: string; Key: string; UploadId: string },
  abortSignal: AbortSignal
): Promise<boolean> {
  try {
    const { Parts } = await store.client.send(new ListPartsCommand(upload), { abortSignal });
    return (Parts ?? []).length > 0;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return false;
  }
}
