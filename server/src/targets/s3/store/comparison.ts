import { createHash, randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { statusOf } from '../failures/answer.js';
import { failureOf } from '../failures/failures.js';
import type { S3Store } from './store.js';

/** How long the question may take; a store that does not answer it is taken for one that does not compare. */
const ASK_MS = 10_000;

/**
 * Does the store compare what arrives with the SHA-256 that is sent along? Some keep what they are told. Only a wrong one
 * tells: it is sent with an object of one byte, once a process. Amazon's stores need not be asked. Never rejects.
 */
export async function findOutComparison(store: S3Store): Promise<void> {
  if (isAmazon(store.settings.endpoint) || !store.has('checksums') || !store.has('comparesChecksums')) return;
  await store.features.findOutComparison(() => askWithWrongChecksum(store));
}

async function askWithWrongChecksum(store: S3Store): Promise<void> {
  const abortSignal = AbortSignal.timeout(ASK_MS);
  const object = store.object(`.ship-env-probe-${randomUUID()}`);
  const wrong = createHash('sha256').update('another').digest('base64');
  const command = new PutObjectCommand({ ...object, Body: Buffer.of(0), ContentLength: 1, ChecksumSHA256: wrong });
  let reason = 'it accepted a wrong one';
  try {
    await store.client.send(command, { abortSignal });
  } catch (error) {
    if (failureOf(error) === 'checksum') return;
    const status = statusOf(error);
    reason = `it could not be found out (${status === undefined ? 'no answer' : `HTTP ${status}`})`;
  }
  store.features.lacks('comparesChecksums', reason);
  // Also after an error: an answer may be lost of a request that arrived.
  await store.client.send(new DeleteObjectCommand(object), { abortSignal: AbortSignal.timeout(ASK_MS) }).catch(() => {
    // It is hidden from every list, and what the credentials may not do shows in the check.
  });
}

function isAmazon(endpoint: string | undefined): boolean {
  return endpoint === undefined || /\.amazonaws\.com(?:\.cn)?$/u.test(new URL(endpoint).hostname);
}
