import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { differs, missing } from '../../object-errors.js';
import { readFacts } from '../../reading.js';
import { compositeChecksumOf } from './checksum.js';
import { findOutComparison } from '../store/comparison.js';
import { bareEtag } from '../delta/copy.js';
import { identityOf } from './identity.js';
import { headObject, readObject } from './objects.js';
import type { S3Store } from '../store/store.js';
import type { Payload, PayloadFacts } from '../../../payloads/payload.js';
import type { ObjectFacts } from '../../target.js';

/** An object as it must be. */
export interface ExpectedObject extends PayloadFacts {
  /** The SHA-256 that the store keeps of it, base64, when the sender knows. */
  readonly checksum?: string | undefined;
  /** Its ETag, when the sender knows that the store's are digests. */
  readonly etag?: string | undefined;
}

/**
 * Compares an object with what was sent: its size, and the SHA-256 that the store keeps of it or an ETag that is a
 * digest. Where neither tells, the object is read.
 *
 * @throws ShipEnvError TARGET_CHECKSUM
 */
export async function verifyObject(
  store: S3Store,
  expected: ExpectedObject,
  signal: AbortSignal
): Promise<string | undefined> {
  // Only what such an answer shows needs it.
  if (expected.etag === undefined && expected.checksum !== undefined) await findOutComparison(store);
  return compare(store, expected, await headObject(store, expected.name, signal), signal);
}

/**
 * As {@link verifyObject}, for an object that this ship did not send. What the store keeps of an object in parts is a
 * checksum of checksums, for which the payload is read again.
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
  if (found === undefined) throw missing(url, expected);
  if (found.ContentLength !== expected.bytes) throw differs(url, expected, `${found.ContentLength ?? 0} bytes`);
  const kept = keptChecksum(found);
  if (expected.etag !== undefined) {
    const etag = bareEtag(found.ETag);
    if (etag === expected.etag) return identityOf(store, found);
    if (partsOf(etag) === partsOf(expected.etag)) throw differs(url, expected, `the ETag ${etag ?? ''}`);
  } else if (kept !== undefined && expected.checksum !== undefined) {
    if (kept !== expected.checksum && partsOf(kept) === partsOf(expected.checksum))
      throw differs(url, expected, `the checksum ${kept}`);
    if (kept === expected.checksum && store.has('comparesChecksums')) return identityOf(store, found);
  }
  const read = await readFacts(
    {
      look: (name, until) => lookAtObject(store, name, until),
      read: (name, until) => readObject(store, name, until)
    },
    expected.name,
    { signal }
  );
  if (read === undefined) throw missing(url, expected);
  if (read.sha256 !== expected.sha256) throw differs(url, expected, `sha256 ${read.sha256}`);
  store.readBack.add(expected.name);
  return read.identity;
}

/** The digest of the whole content, when the store keeps it: of an object in parts it does not. */
function sha256Of(found: Checksums): string | undefined {
  const kept = keptChecksum(found);
  return kept === undefined || kept.includes('-') ? undefined : Buffer.from(kept, 'base64').toString('hex');
}

/** What the store says of an object without its bytes; undefined when it is not there. */
export async function lookAtObject(
  store: S3Store,
  name: string,
  signal: AbortSignal
): Promise<ObjectFacts | undefined> {
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

/** The SHA-256 that the store keeps of an object, or of its parts and their number. */
function keptChecksum({ ChecksumSHA256: kept, ChecksumType }: Checksums): string | undefined {
  // Not every store writes the number of parts behind it; then it could be taken for one of the whole.
  return ChecksumType === 'COMPOSITE' && kept?.includes('-') === false ? undefined : kept;
}

/** The number of parts that a composite checksum or ETag ends with. */
function partsOf(digest: string | undefined): string | undefined {
  return digest?.split('-')[1];
}
