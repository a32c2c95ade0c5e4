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

/**
 * HTTP statuses of HEAD that may mean "no checksum for you": credentials that may not use the key of an encrypted
 * object do not get its checksum, and HEAD gives no reason.
 */
const UNKNOWN_TO_HEAD = [400, 403, 405, 501];

/** What the store knows of an object, checksums included; undefined when the object does not exist. */
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
          // An answer to HEAD gives no reason. If this machine's clock was the reason, the SDK has corrected it
          // meanwhile.
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

/** The bytes of an object, from first to last; undefined when the object does not exist. */
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

/**
 * Does this answer mean that the object does not exist? Some stores answer 404 without a code, also for a missing
 * bucket.
 */
async function isMissing(store: S3Store, error: unknown, signal: AbortSignal): Promise<boolean> {
  const code = s3CodeOf(error);
  if (code === 'NoSuchKey') return true;
  if (statusOf(error) !== 404 || code !== undefined) return false;
  await store.assertBucket(signal);
  return true;
}

/** Deletes an object; no error when it does not exist. */
export async function removeObject(store: S3Store, name: string, signal: AbortSignal): Promise<void> {
  assertObjectName(name);
  await store.attempt(
    `Deleting ${name} from`,
    async () => {
      try {
        await store.client.send(new DeleteObjectCommand(store.object(name)), { abortSignal: signal });
      } catch (error) {
        // For a missing object Amazon answers 204; other stores answer with an error.
        if (!(await isMissing(store, error, signal))) throw error;
      }
    },
    signal
  );
}
