import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { S3Store } from '../store/store.js';

/**
 * Tells an object, as it is now, from any other that bears its name, on this store or on another one. Undefined where
 * the store names no ETag.
 */
export function identityOf(
  { settings }: S3Store,
  { ETag, LastModified, ContentLength }: Pick<HeadObjectCommandOutput, 'ETag' | 'LastModified' | 'ContentLength'>
): string | undefined {
  if (!ETag) return undefined;
  return [settings.endpoint ?? '', ETag, LastModified?.getTime() ?? '', ContentLength ?? ''].join(' ');
}
