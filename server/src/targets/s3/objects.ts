import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput
} from '@aws-sdk/client-s3';
import { assertObjectName } from '../names.js';
import { MAX_READ_BYTES, tooLarge } from '../object-errors.js';
import { chunksOf } from '../payload.js';
import { s3CodeOf, statusOf } from './answer.js';
import type { S3Store } from './store.js';

/** What the store says of an object, checksums included; undefined when it is not there. */
export async function headObject(
  store: S3Store,
  name: string,
  signal?: AbortSignal
): Promise<HeadObjectCommandOutput | undefined> {
  assertObjectName(name);
  const command = new HeadObjectCommand({ ...store.object(name), ChecksumMode: 'ENABLED' });
  return store.attempt(
    `Looking for ${name} in`,
    async () => {
      try {
        const answer = await store.client.send(command, { abortSignal: signal });
        store.assertS3(answer);
        return answer;
      } catch (error) {
        const status = statusOf(error);
        if (status !== 404) throw status !== undefined && status < 500 ? ((await store.ask(signal)) ?? error) : error;
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
        if (s3CodeOf(error) === 'NoSuchKey') return undefined;
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
    store.assertS3(answer);
  } catch (error) {
    Body.destroy();
    throw error;
  }
  return Body;
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
        if (s3CodeOf(error) !== 'NoSuchKey') throw error;
      }
    },
    signal
  );
}
