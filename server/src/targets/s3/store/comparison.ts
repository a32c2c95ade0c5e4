import { createHash, randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { statusOf } from '../failures/answer.js';
import { failureOf } from '../failures/failure-of.js';
import type { S3Store } from './store.js';

/** How long the test may take. A store that does not answer counts as one that does not compare. */
const ASK_MS = 10_000;

/**
 * Finds out whether the store compares the bytes that arrive with the SHA-256 that is sent with them; some stores just
 * keep the given value. The test sends an object of one byte with a wrong SHA-256, once in a process. Amazon's stores
 * need no test. Never rejects.
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
  // Removed also after an error: the request may have arrived although its answer was lost.
  await store.client.send(new DeleteObjectCommand(object), { abortSignal: AbortSignal.timeout(ASK_MS) }).catch(() => {
    // A probe object that stays is hidden from every list. Missing permissions show in the check of the target.
  });
}

function isAmazon(endpoint: string | undefined): boolean {
  return endpoint === undefined || /\.amazonaws\.com(?:\.cn)?$/u.test(new URL(endpoint).hostname);
}
