import { createHash } from 'node:crypto';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { newMd5 } from '../md5.js';
import { BufferPool } from '../multipart/buffer-pool.js';
import { CopyRefused, bareEtag } from '../delta/copy.js';
import { assertDigest } from '../../../payloads/read.js';
import { InFlight } from '../multipart/in-flight.js';
import { MultipartUpload, type CopyRange } from '../multipart/multipart.js';
import { removeOrphanedUploads } from '../multipart/orphans.js';
import { knownSlices, SliceObserver } from '../delta/slices.js';
import { PartPlanner, type Part } from '../delta/part-plan.js';
import { checksumOf, etagOf, readPast, sizesOf, type PartUpload } from '../delta/part-uploads.js';
import type { S3Store } from '../store/store.js';
import { putWhole } from './whole.js';
import { SpanReader } from '../../../payloads/span-reader.js';
import type { SpannedPayload } from '../../../payloads/payload.js';
import type { Holding, WriteOptions } from '../../target.js';

/** What was written, and how the object on the store proves that it arrived. */
export interface WriteResult {
  readonly bytes: number;
  readonly sha256: string;
  readonly sentBytes: number;
  readonly copiedBytes: number;
  /** The SHA-256 (base64) that the store must keep of the object, if it keeps one. */
  readonly checksum?: string | undefined;
  /** The ETag of the object, without quotes, if the store's ETags are digests. */
  readonly etag?: string | undefined;
}

/**
 * Writes one object: a small one by one request, a larger one in parts, several of them in flight at once. The store
 * copies some parts from objects that it holds. After a failure or an abort, the parts are removed from the store
 * before the promise rejects.
 */
export class ObjectWriter {
  readonly #store: S3Store;
  readonly #payload: SpannedPayload;
  readonly #sources: readonly Holding[];
  readonly #options: WriteOptions;
  /** Set as soon as the content is known: before the request that creates the object. */
  written: WriteResult | undefined;
  constructor(store: S3Store, payload: SpannedPayload, sources: readonly Holding[], options: WriteOptions) {
    this.#store = store;
    this.#payload = payload;
    this.#sources = sources;
    this.#options = options;
  }

  /**
   * Writes the object, unless an object of that name exists.
   *
   * @param uploadId - becomes the object's metadata
   * @returns false when the name is taken
   * @throws what the SDK throws; CopyRefused; what the payload throws; the signal's reason
   */
  async write(uploadId: string): Promise<boolean> {
    const { digests } = this.#payload;
    const reader = new SpanReader(digests, digests && new SliceObserver(digests));
    const parts = partsOf(this.#payload, reader, this.#sources);
    const first = await parts.next();
    if (first.done !== true && !first.value.isOnly) {
      return this.#writeParts(uploadId, reader, startingWith(first.value, parts));
    }
    const body = Buffer.allocUnsafe(first.done === true ? 0 : first.value.end);
    await reader.take(body, this.#options.signal);
    const sha256 = reader.sha256();
    assertDigest(this.#payload, sha256);
    this.#options.signal.throwIfAborted();
    const digest = Buffer.from(sha256, 'hex');
    const { length } = body;
    const checksum = digest.toString('base64');
    this.written = { bytes: length, sha256, sentBytes: length, copiedBytes: 0, checksum };
    const etag = bareEtag(await putWhole(this.#store, { name: this.#payload.name, body, digest }, uploadId));
    if (etag === undefined) return false;
    // An ETag that is the md5 of the body proves what arrived: the store computed it.
    if (etag === newMd5()?.update(body).digest('hex')) this.written = { ...this.written, etag };
    this.#options.onProgress?.(length);
    return true;
  }

  async #writeParts(uploadId: string, reader: SpanReader, parts: AsyncGenerator<Part>): Promise<boolean> {
    const { name } = this.#payload;
    const { signal } = this.#options;
    const upload = await MultipartUpload.begin(this.#store, name, uploadId, { copies: this.#sources.length > 0 });
    const flight = new InFlight(this.#store.partsInFlight, signal);
    // A store keeps the parts of uploads that never ended. They are removed while our parts are sent, so nobody waits
    // for it.
    const tidying = removeOrphanedUploads(this.#store, upload.id);
    try {
      const partUploads = await this.#transfer(upload, flight, reader, parts);
      const sha256 = reader.sha256();
      assertDigest(this.#payload, sha256);
      const proof = upload.provesArrival ? checksumOf(partUploads) : etagOf(partUploads, this.#payload.digests);
      this.written = { ...sizesOf(partUploads), sha256, ...proof };
      signal.throwIfAborted();
      const isWritten = await upload.complete(partUploads.flatMap(({ completed }) => completed ?? []));
      if (!isWritten) await upload.abort();
      await tidying;
      return isWritten;
    } catch (error) {
      throw await upload.abortAfter(await flight.settle(error));
    }
  }

  /**
   * Sends and copies several parts at once. The bytes are read in their order, so that the digest of the whole is
   * computed on the way. A copied part is read while the store copies it, unless its digests are known.
   */
  async #transfer(
    upload: MultipartUpload,
    flight: InFlight,
    reader: SpanReader,
    parts: AsyncGenerator<Part>
  ): Promise<PartUpload[]> {
    const partUploads: PartUpload[] = [];
    const buffers = new BufferPool();
    let [copying, reading] = [Promise.resolve(), Promise.resolve()];
    let taken = 0;
    const run = (partUpload: PartUpload, request: (cut: AbortSignal) => Promise<CompletedPart>): Promise<void> =>
      flight.begin(async cut => {
        partUpload.completed = await request(cut);
        taken += partUpload.part.end - partUpload.part.start;
        if (!flight.stop.aborted) this.#options.onProgress?.(taken);
      });
    for await (const part of flight.untilStopped(parts)) {
      const partUpload: PartUpload = { part };
      const number = partUploads.push(partUpload);
      if (part.copy === undefined) {
        await reading;
        const { bytes, giveBack } = buffers.lend(part.end - part.start);
        await reader.take(bytes, flight.stop);
        const digest = createHash('sha256').update(bytes).digest();
        partUpload.digest = digest;
        if (!upload.provesArrival) partUpload.md5 = newMd5()?.update(bytes).digest('hex');
        await run(partUpload, async cut => {
          const completed = await upload.send(number, bytes, digest, cut);
          giveBack();
          return completed;
        });
      } else {
        const range = this.#rangeOf(part, part.copy);
        // A copy is not awaited here: it needs no memory while it waits, and later spans may still be being built.
        copying = copying.then(() => run(partUpload, cut => copied(upload.copy(number, range, cut))));
        flight.beside(copying);
        reading = reading.then(() => readPast(partUpload, reader, this.#payload.digests, flight.stop));
        flight.beside(reading);
      }
    }
    await flight.drain();
    return partUploads;
  }

  #rangeOf({ start, end }: Part, { name, offset }: { name: string; offset: number }): CopyRange {
    const etag = this.#sources.find(source => source.name === name)?.version;
    if (etag === undefined) throw new Error(`A part was planned to be copied from ${name}, which is not a source.`);
    return { name, etag, offset, bytes: end - start };
  }
}

/** The parts of the payload, each as soon as its last byte is known. The spans go to the reader. */
async function* partsOf(
  payload: SpannedPayload,
  reader: SpanReader,
  sources: readonly Holding[]
): AsyncGenerator<Part & { isOnly: boolean }> {
  const planner = new PartPlanner(sources, payload.maximalBytes);
  let count = 0;
  for await (const span of payload.spans()) {
    reader.add(span);
    // The planner keeps bytes back, so none of these parts can be the only one.
    for (const part of planner.add(span, knownSlices(span, payload.digests))) {
      count += 1;
      yield { ...part, isOnly: false };
    }
  }
  const last = planner.end();
  for (const part of last) yield { ...part, isOnly: count === 0 && last.length === 1 };
}

async function* startingWith(first: Part, rest: AsyncGenerator<Part>): AsyncGenerator<Part> {
  yield first;
  yield* rest;
}

/** @throws CopyRefused when the store answered, but not with the copy */
async function copied(request: Promise<CompletedPart>): Promise<CompletedPart> {
  const completed = await request.catch((error: unknown) => {
    throw CopyRefused.of(error) ?? error;
  });
  if (completed.ETag !== undefined) return completed;
  throw new CopyRefused('the store does not copy ranges of objects (its answer names no ETag)', { isLasting: true });
}
