import { ShipEnvError } from '../../errors.js';
import { encodedPath, type TargetUrl } from '../url.js';

/** Where an S3 target lies. */
export interface S3Location {
  /** Canonical: `s3://bucket/prefix`, without a trailing slash. */
  readonly url: string;
  readonly bucket: string;
  /** The beginning of every key: empty, or with a trailing slash. */
  readonly keyPrefix: string;
}

/**
 * Amazon's rules for new buckets. Hadoop's S3A cannot address other buckets: `java.net.URI` finds no host in their
 * names.
 */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u;

/**
 * The bucket and prefix that an `s3://` or `s3a://` URL names.
 *
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function locationOf({ authority: bucket, segments }: TargetUrl): S3Location {
  if (bucket === '') {
    throw new ShipEnvError('TARGET_URL_INVALID', 'The target URL names no bucket.', {
      hint: 'Write s3://bucket/prefix.'
    });
  }
  if (/:\d+$/u.test(bucket)) {
    throw new ShipEnvError('TARGET_URL_INVALID', `s3://${bucket}/… names a host and a port where the bucket belongs.`, {
      hint: 'Write s3://bucket/prefix and put the host and port into the target’s endpoint, as in http://host:9000.'
    });
  }
  if (!BUCKET.test(bucket) || bucket.includes('..')) {
    throw new ShipEnvError('TARGET_URL_INVALID', 'The target URL’s bucket is not a valid bucket name.', {
      hint: 'A bucket has 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit.'
    });
  }
  const path = segments.length === 0 ? '' : `/${encodedPath(segments)}`;
  return { url: `s3://${bucket}${path}`, bucket, keyPrefix: segments.map(segment => `${segment}/`).join('') };
}
