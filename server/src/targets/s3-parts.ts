import { createHash } from 'node:crypto';
import { CompleteMultipartUploadCommand, type CompletedPart } from '@aws-sdk/client-s3';
import { withLeftovers } from '../errors.js';
import { assertDigest, readRange } from './payload.js';
import { unlessTaken } from './s3-conditional.js';
import { abortUpload, createUpload, sendPart } from './s3-multipart.js';
import type { S3Store } from './s3-store.js';
import type { Payload, TransferOptions } from './target.js';

const MIB = 1024 * 1024;
/** What fits into one part is sent by one request. */
export const PART_BYTES = 8 * MIB;
/** Amazon's limit. */
const MAX_PARTS = 10_000;
/** Parts on their way at once; with the one that is being read, five are in memory. */
const PARTS_IN_FLIGHT = 4;
/** How long parts on their way may take to end when the upload has failed or was cancelled. */
const GRACE_MS = 3000;

/** Bytes of each part but the last: a function of the size alone, so that a verifier finds the same parts. */
export function partBytesOf(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS / MIB) * MIB);
}

/**
 * The checksum that S3 keeps of an object in parts: the sha256, base64, of the parts' sha256 in a row, and the number
 * of parts. (Amazon S3 user guide, "Checking object integrity", composite checksums.)
 */
export function compositeChecksum(parts: readonly Buffer[]): string {
  return `${createHash('sha256').update(Buffer.concat(parts)).digest('base64')}-${parts.length}`;
}

/** The composite checksum of a payload as {@link putInParts} sends it; reads all of it. */
export async function compositeChecksumOf(payload: Payload, signal: AbortSignal): Promise<string> {
  const digests: Buffer[] = [];
  for (const { start, end } of partsOf(payload.bytes)) {
    digests.push(
      createHash('sha256')
        .update(await readRange(payload, start, end, signal))
        .digest()
    );
  }
  return compositeChecksum(digests);
}

/**
 * Writes a payload in parts, several on their way at once, unless there is an object of that name. When it fails or is
 * aborted, the parts are removed from the store before this rejects.
 *
 * @param uploadId - becomes the object's metadata
 * @returns false when the name is taken
 * @throws what the SDK throws; ShipEnvError CACHE_UNUSABLE; the signal's reason
 */
export async function putInParts(
  store: S3Store,
  payload: Payload,
  uploadId: string,
  { signal, onProgress }: TransferOptions
): Promise<boolean> {
  // Not aborted halfway: without the answer nobody could remove the upload.
  const id = await createUpload(store, payload, uploadId);
  try {
    const parts = await sendParts(store, payload, id, signal, onProgress);
    signal.throwIfAborted();
    const done = await unlessTaken(store, payload.name, async () => {
      const command = new CompleteMultipartUploadCommand({
        ...store.object(payload.name),
        UploadId: id,
        MultipartUpload: { Parts: parts },
        ...(store.conditional && { IfNoneMatch: '*' })
      });
      await store.client.send(command);
    });
    if (!done) await abortUpload(store, payload, id);
    return done;
  } catch (error) {
    await abortUpload(store, payload, id).catch((second: unknown) => {
      throw withLeftovers(
        error,
        new Error(`The parts of the unfinished upload of ${payload.name} could not be removed from the store.`, {
          cause: second
        })
      );
    });
    throw error;
  }
}

/**
 * Reads the parts in their order, which lets the whole be hashed on the way, and sends up to four at once.
 *
 * When one fails, or the signal is aborted, no new one begins. Those on their way get a moment to end before their
 * connections are cut: a part that was sent whole may else arrive after the upload was removed, and stay for ever.
 */
async function sendParts(
  store: S3Store,
  payload: Payload,
  id: string,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void
): Promise<CompletedPart[]> {
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const cut = new AbortController();
  const whole = createHash('sha256');
  const done: CompletedPart[] = [];
  const inFlight = new Set<Promise<void>>();
  let sent = 0;
  const send = async (number: number, body: Buffer): Promise<void> => {
    done[number - 1] = await sendPart(store, payload, id, number, body, cut.signal);
    sent += body.length;
    if (!stop.aborted) onProgress?.(sent);
  };
  try {
    for (const { number, start, end } of partsOf(payload.bytes)) {
      const body = await readRange(payload, start, end, stop);
      whole.update(body);
      while (inFlight.size >= PARTS_IN_FLIGHT) await settledOrAborted(Promise.race(inFlight), stop);
      stop.throwIfAborted();
      const part = send(number, body).finally(() => inFlight.delete(part));
      inFlight.add(part);
      // Whoever fails first stops the others; its error is taken up where the set is awaited.
      part.catch((error: unknown) => failure.abort(error));
    }
    await settledOrAborted(Promise.all(inFlight), stop);
    assertDigest(payload, whole.digest('hex'));
    return done;
  } catch (error) {
    const timer = setTimeout(() => cut.abort(), GRACE_MS);
    await Promise.allSettled(inFlight);
    clearTimeout(timer);
    stop.throwIfAborted();
    throw error;
  }
}

/** Waits for some parts, and no longer once the signal is aborted. @throws what they throw, or the signal's reason */
async function settledOrAborted(parts: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const listening = new AbortController();
  const aborted = new Promise<void>(resolve =>
    signal.addEventListener('abort', () => resolve(), { signal: listening.signal })
  );
  try {
    await Promise.race([parts, aborted]);
    signal.throwIfAborted();
  } finally {
    listening.abort();
  }
}

function* partsOf(bytes: number): Generator<{ number: number; start: number; end: number }> {
  const size = partBytesOf(bytes);
  for (let number = 1, start = 0; start < bytes; number += 1, start += size) {
    yield { number, start, end: Math.min(start + size, bytes) };
  }
}
