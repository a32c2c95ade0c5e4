import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart
} from '@aws-sdk/client-s3';
import { withLeftovers } from '../../../errors.js';
import { statusOf } from '../failures/answer.js';
import { findOutComparison } from '../store/comparison.js';
import { noS3Store } from '../failures/errors.js';
import { unlessTaken, withOptional } from '../store/optional.js';
import { LIVING_UPLOADS } from './orphans.js';
import type { S3Store } from '../store/store.js';
import { UPLOAD_ID } from '../objects/whole.js';
import { ABORT_MS } from '../time-limits.js';

/** A range of another object. The ETag makes sure that the object did not change. */
export interface CopyRange {
  readonly name: string;
  readonly etag: string;
  /** Position of the first byte. */
  readonly offset: number;
  readonly bytes: number;
}

/** An object that is assembled from parts. It does not exist before {@link complete}. */
export class MultipartUpload {
  /** The id that the store gave the upload. */
  readonly id: string;
  readonly #store: S3Store;
  readonly #name: string;
  /** Does the store keep a SHA-256 of each part? Then each part is sent with its own. */
  readonly #checksums: boolean;
  #provesArrival = false;

  private constructor(store: S3Store, name: string, id: string, checksums: boolean) {
    this.#store = store;
    this.#name = name;
    this.id = id;
    this.#checksums = checksums;
    LIVING_UPLOADS.add(id);
  }

  /**
   * Begins an upload. An abort does not cut this request: without its answer nobody could remove the upload.
   *
   * @param uploadId - becomes the object's metadata
   * @param options - `copies`: parts will be copied. A store may have no checksums of their bytes, so the upload asks
   *   for none
   */
  static async begin(
    store: S3Store,
    name: string,
    uploadId: string,
    { copies }: { copies: boolean }
  ): Promise<MultipartUpload> {
    const create = async (checksums: boolean): Promise<MultipartUpload> => {
      const { UploadId: id, ChecksumAlgorithm } = await store.client.send(
        new CreateMultipartUploadCommand({
          ...store.object(name),
          ContentType: 'application/octet-stream',
          Metadata: { [UPLOAD_ID]: uploadId },
          ...(checksums && { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' })
        })
      );
      if (id === undefined) throw noS3Store(store.settings);
      // Many stores ignore headers that they do not know.
      return new MultipartUpload(store, name, id, checksums && ChecksumAlgorithm === 'SHA256');
    };
    const canCompare = !copies && store.has('comparesChecksums');
    const comparison = canCompare ? findOutComparison(store) : undefined;
    const begun = withOptional(store, canCompare ? ['checksums'] : [], uses => create(uses('checksums')));
    // Awaited also when the upload cannot begin: the probe object of the comparison must be removed before this process
    // ends.
    const upload = await begun.finally(() => comparison);
    upload.#provesArrival = upload.#checksums && store.has('comparesChecksums');
    return upload;
  }

  /** Do the checksums that the store keeps prove that the parts arrived as sent? If not, their ETags have to. */
  get provesArrival(): boolean {
    return this.#provesArrival;
  }

  /**
   * Sends one part.
   *
   * @param digest - sha256 of the body
   */
  async send(number: number, body: Buffer, digest: Buffer, signal: AbortSignal): Promise<CompletedPart> {
    const checksum = this.#checksums ? { ChecksumSHA256: digest.toString('base64') } : {};
    const command = new UploadPartCommand({
      ...this.#part(number),
      Body: body,
      ContentLength: body.length,
      ...checksum
    });
    const { ETag } = await this.#store.client.send(command, { abortSignal: signal });
    this.#store.assertS3(ETag);
    return { PartNumber: number, ETag, ...checksum };
  }

  /**
   * Has the store copy one part.
   *
   * @returns `ETag` is undefined when the answer was not the answer to a copy
   */
  async copy(number: number, { name, etag, offset, bytes }: CopyRange, signal: AbortSignal): Promise<CompletedPart> {
    const { Bucket, Key } = this.#store.object(name);
    const command = new UploadPartCopyCommand({
      ...this.#part(number),
      CopySource: `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`,
      CopySourceRange: `bytes=${offset}-${offset + bytes - 1}`,
      CopySourceIfMatch: etag
    });
    const { CopyPartResult } = await this.#store.client.send(command, { abortSignal: signal });
    return { PartNumber: number, ETag: CopyPartResult?.ETag };
  }

  /** Makes an object from the parts, unless an object of that name exists. @returns false when the name is taken */
  async complete(parts: readonly CompletedPart[]): Promise<boolean> {
    const features = { condition: 'conditionalComplete' } as const;
    const isWritten = await unlessTaken(this.#store, this.#name, features, async uses => {
      const command = new CompleteMultipartUploadCommand({
        ...this.#upload(),
        MultipartUpload: { Parts: [...parts] },
        ...(uses('conditionalComplete') && { IfNoneMatch: '*' })
      });
      const { ETag, Key, Location } = await this.#store.client.send(command);
      // Without this check a web page would count as success, and the parts would stay.
      this.#store.assertS3(ETag, Key, Location);
    });
    if (isWritten) LIVING_UPLOADS.delete(this.id);
    return isWritten;
  }

  /**
   * Removes the upload and its parts, and checks that they are gone: "if any part uploads are in progress, it might be
   * necessary to abort a given multipart upload multiple times" (Amazon S3 API, AbortMultipartUpload). Has a time limit
   * of its own, since the caller's signal may be aborted already.
   */
  async abort(): Promise<void> {
    const abortSignal = AbortSignal.timeout(ABORT_MS);
    for (let isThere = true; isThere; isThere = await this.#hasParts(abortSignal)) {
      try {
        await this.#store.client.send(new AbortMultipartUploadCommand(this.#upload()), { abortSignal });
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    }
    LIVING_UPLOADS.delete(this.id);
  }

  /** Calls {@link abort} after an error. @returns the error; a failure of the removal is added to its causes */
  async abortAfter(error: unknown): Promise<unknown> {
    try {
      await this.abort();
      return error;
    } catch (cause) {
      const left = `The parts of the unfinished upload of ${this.#name} could not be removed from the store.`;
      return withLeftovers(error, new Error(left, { cause }));
    }
  }

  /**
   * Does the store still know the upload? When the store does not say, or may not tell us, the upload counts as
   * removed.
   */
  async #hasParts(abortSignal: AbortSignal): Promise<boolean> {
    try {
      const { Parts } = await this.#store.client.send(new ListPartsCommand(this.#upload()), { abortSignal });
      return (Parts ?? []).length > 0;
    } catch (error) {
      if (statusOf(error) === undefined) throw error;
      return false;
    }
  }

  #upload(): { Bucket: string; Key: string; UploadId: string } {
    return { ...this.#store.object(this.#name), UploadId: this.id };
  }

  #part(PartNumber: number): { Bucket: string; Key: string; UploadId: string; PartNumber: number } {
    return { ...this.#upload(), PartNumber };
  }
}
