import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { S3Store } from '../store/store.js';

/**
 * A text that identifies an object in its present state, among all stores. Undefined when the store gives no ETag.
 */
export function identityOf(
  { settings }: S3Store,
  { ETag, LastModified, ContentLength }: Pick<HeadObjectCommandOutput, 'ETag' | 'LastModified' | 'ContentLength'>
): string | undefined {
  if (!ETag) return undefined;
  return [settings.endpoint ?? '', ETag, LastModified?.getTime() ?? '', ContentLength ?? ''].join(' ');
}
