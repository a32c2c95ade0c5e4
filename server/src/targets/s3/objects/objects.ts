import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput
} from '@aws-sdk/client-s3';
import { assertObjectName } from '../../names.js';
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

/** The bytes of an object, front to back; undefined when it is not there. */
export async function readObject(
  store: S3Store,
  name: string,
  signal: AbortSignal
): Promise<AsyncIterable<Buffer> | undefined> {
  assertObjectName(name);
  const doing = `Reading ${name} from`;
  const content = await store.attempt(
    doing,
    async () => {
      try {
        return await openObject(store, name, signal);
      } catch (error) {
        if (await isMissing(store, error, signal)) return undefined;
        throw error;
      }
    },
    signal
  );
  return content && translated(store, content, doing, signal);
}

async function* translated(
  store: S3Store,
  content: Readable,
  doing: string,
  signal: AbortSignal
): AsyncGenerator<Buffer> {
  const chunks = chunksOf(content);
  try {
    for (;;) {
      const next = await store.attempt(doing, () => chunks.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    content.destroy();
  }
}

/** @throws what the SDK throws */
async function openObject(store: S3Store, name: string, signal: AbortSignal): Promise<Readable> {
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
