import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput
} from '@aws-sdk/client-s3';
import { assertObjectName } from '../../names.js';
import { MAX_READ_BYTES, tooLarge } from '../../object-errors.js';
import { chunksOf } from '../../../payloads/read.js';
import { s3CodeOf, statusOf } from '../failures/answer.js';
import { withOptional } from '../store/optional.js';
import type { S3Store } from '../store/store.js';

/** Who may not use the key of an encrypted object is not told its checksum either, and an answer to HEAD says no more. */
const UNKNOWN_TO_HEAD = [400, 403, 405, 501];

/** What the store says of an object, checksums included; undefined when it is not there. */
export async function headObject(
  store: S3Store,
  name: string,
  signal?: AbortSignal
): Promise<HeadObjectCommandOutput | undefined> {
  assertObjectName(name);
  const ask = (): Promise<HeadObjectCommandOutput> =>
    withOptional(
      store,
      ['tellsChecksums'],
      async uses => {
        const mode = uses('tellsChecksums') ? ({ ChecksumMode: 'ENABLED' } as const) : {};
        const command = new HeadObjectCommand({ ...store.object(name), ...mode });
        const answer = await store.client.send(command, { abortSignal: signal });
        store.assertS3(answer.ETag);
        return answer;
      },
      { unknown: UNKNOWN_TO_HEAD }
    );
  return store.attempt(
    `Looking for ${name} in`,
    async () => {
      try {
        return await ask().catch(async (error: unknown) => {
          const status = statusOf(error);
          if (status === undefined || status === 404 || status >= 500) throw error;
          // An answer to HEAD does not say why. When it was this machine's clock, the SDK has corrected it meanwhile.
          const reason = await store.ask(signal);
          if (reason !== undefined) throw reason;
          return ask();
        });
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        await store.assertBucket(signal);
        return undefined;
      }
    },
    signal
  );
}

/** A small object whole; undefined when it is not there. */
export async function readObject(store: S3Store, name: string, signal: AbortSignal): Promise<Buffer | undefined> {
  assertObjectName(name);
  return store.attempt(
    `Reading ${name} from`,
    async () => {
      try {
        const chunks: Buffer[] = [];
        let bytes = 0;
        for await (const chunk of chunksOf(await openObject(store, name, signal))) {
          bytes += chunk.length;
          if (bytes > MAX_READ_BYTES) throw tooLarge(store.settings.url, name, bytes);
          chunks.push(chunk);
        }
        return Buffer.concat(chunks);
      } catch (error) {
        if (await isMissing(store, error, signal)) return undefined;
        throw error;
      }
    },
    signal
  );
}

/** An object's bytes. @throws what the SDK throws */
export async function openObject(store: S3Store, name: string, signal: AbortSignal): Promise<Readable> {
  const answer = await store.client.send(new GetObjectCommand(store.object(name)), { abortSignal: signal });
  const { Body } = answer;
  if (!(Body instanceof Readable)) throw new TypeError('The SDK answered without a stream.');
  try {
    store.assertS3(answer.ETag);
  } catch (error) {
    Body.destroy();
    throw error;
  }
  return Body;
}

/** Says this answer that there is no object? Some stores answer 404 without a code, for the bucket too. */
async function isMissing(store: S3Store, error: unknown, signal: AbortSignal): Promise<boolean> {
  const code = s3CodeOf(error);
  if (code === 'NoSuchKey') return true;
  if (statusOf(error) !== 404 || code !== undefined) return false;
  await store.assertBucket(signal);
  return true;
}

/** Deletes an object; no error when it is not there. */
export async function removeObject(store: S3Store, name: string, signal: AbortSignal): Promise<void> {
  assertObjectName(name);
  await store.attempt(
    `Deleting ${name} from`,
    async () => {
      try {
        await store.client.send(new DeleteObjectCommand(store.object(name)), { abortSignal: signal });
      } catch (error) {
        // Amazon answers 204 for what is not there; others say so.
        if (!(await isMissing(store, error, signal))) throw error;
      }
    },
    signal
  );
}
