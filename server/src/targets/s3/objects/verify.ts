import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { differenceError, missingError } from '../../object-errors.js';
import { readFacts } from '../../reading.js';
import { compositeChecksumOf } from './checksum.js';
import { findOutComparison } from '../store/comparison.js';
import { bareEtag } from '../delta/copy.js';
import { identityOf } from './identity.js';
import { headObject, readObject } from './objects.js';
import type { S3Store } from '../store/store.js';
import type { Payload, PayloadFacts } from '../../../payloads/payload.js';
import type { ObjectFacts } from '../../target.js';

/** What an object must be. */
export interface ExpectedObject extends PayloadFacts {
  /** The SHA-256 (base64) that the store must keep of the object, when the sender knows it. */
  readonly checksum?: string | undefined;
  /** The ETag, when the sender knows that the store's ETags are digests. */
  readonly etag?: string | undefined;
}

/**
 * Compares an object with what was sent: its size, and the SHA-256 that the store keeps of it or an ETag that is a
 * digest. When neither is known, the object is read.
 *
 * @throws ShipEnvError TARGET_CHECKSUM
 */
export async function verifyObject(
  store: S3Store,
  expected: ExpectedObject,
  signal: AbortSignal
): Promise<string | undefined> {
  // The question is asked only when the checksum is the only proof.
  if (expected.etag === undefined && expected.checksum !== undefined) await findOutComparison(store);
  return compare(store, expected, await headObject(store, expected.name, signal), signal);
}

/**
 * Like {@link verifyObject}, for an object that this ship did not send. The store keeps a checksum of checksums of an
 * object in parts; the local payload is read to compute the same.
 */
export async function verifyPayload(
  store: S3Store,
  payload: Payload,
  signal: AbortSignal
): Promise<string | undefined> {
  const found = await headObject(store, payload.name, signal);
  const kept = found && keptChecksum(found);
  const checksum =
    kept === undefined || found?.ContentLength !== payload.bytes
      ? undefined
      : partsOf(kept) === undefined
        ? Buffer.from(payload.sha256, 'hex').toString('base64')
        : await compositeChecksumOf(payload, signal);
  const { name, bytes, sha256 } = payload;
  return compare(store, { name, bytes, sha256, checksum }, found, signal);
}

async function compare(
  store: S3Store,
  expected: ExpectedObject,
  found: HeadObjectCommandOutput | undefined,
  signal: AbortSignal
): Promise<string | undefined> {
  const { url } = store.settings;
  if (found === undefined) throw missingError(url, expected);
  if (found.ContentLength !== expected.bytes) throw differenceError(url, expected, `${found.ContentLength ?? 0} bytes`);
  const kept = keptChecksum(found);
  if (expected.etag !== undefined) {
    const etag = bareEtag(found.ETag);
    if (etag === expected.etag) return identityOf(store, found);
    if (partsOf(etag) === partsOf(expected.etag)) throw differenceError(url, expected, `the ETag ${etag ?? ''}`);
  } else if (kept !== undefined && expected.checksum !== undefined) {
    if (kept !== expected.checksum && partsOf(kept) === partsOf(expected.checksum))
      throw differenceError(url, expected, `the checksum ${kept}`);
    if (kept === expected.checksum && store.has('comparesChecksums')) return identityOf(store, found);
  }
  const read = await readFacts(
    {
      stat: (name, until) => statObject(store, name, until),
      read: (name, until) => readObject(store, name, until)
    },
    expected.name,
    { signal }
  );
  if (read === undefined) throw missingError(url, expected);
  if (read.sha256 !== expected.sha256) throw differenceError(url, expected, `sha256 ${read.sha256}`);
  store.readBack.add(expected.name);
  return read.identity;
}

/** The digest of the whole content, when the store keeps it; it does not for an object in parts. */
function sha256Of(found: Checksums): string | undefined {
  const kept = keptChecksum(found);
  return kept === undefined || kept.includes('-') ? undefined : Buffer.from(kept, 'base64').toString('hex');
}

/** Facts about an object without reading it; undefined when the object does not exist. */
export async function statObject(store: S3Store, name: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
  const found = await headObject(store, name, signal);
  return (
    found && {
      bytes: found.ContentLength ?? 0,
      sha256: sha256Of(found),
      identity: identityOf(store, found),
      modified: found.LastModified
    }
  );
}

type Checksums = Pick<HeadObjectCommandOutput, 'ChecksumSHA256' | 'ChecksumType'>;

/**
 * The SHA-256 that the store keeps of an object; for an object in parts, the composite one with the number of parts.
 */
function keptChecksum({ ChecksumSHA256: kept, ChecksumType }: Checksums): string | undefined {
  // Some stores leave out the number of parts. Such a composite checksum would look like one of the whole.
  return ChecksumType === 'COMPOSITE' && kept?.includes('-') === false ? undefined : kept;
}

/** The number of parts that a composite checksum or ETag ends with. */
function partsOf(digest: string | undefined): string | undefined {
  return digest?.split('-')[1];
}
