import { writeFile } from 'node:fs/promises';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { S3Server } from '../../server/test/support/s3-server.js';
import { folders } from './folders.js';

/**
 * A real S3 server with an empty bucket. The AWS profile `team` may do everything there; `stranger` has a wrong secret.
 *
 * The AWS SDK reads the credentials file once, and one sidecar serves all tests: every server has the same keys.
 */
export async function startStore(bucket: string): Promise<S3Server> {
  const store = await S3Server.start();
  await store.createBucket(bucket);
  const { accessKeyId, secretAccessKey } = store.root;
  await writeFile(
    folders.awsCredentials,
    `[team]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n` +
      `[stranger]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = wrong\n`,
    { mode: 0o600 }
  );
  return store;
}

/** Keys of all that a bucket holds, and of the uploads that were begun and neither completed nor aborted. */
export async function contentsOf(store: S3Server, bucket: string): Promise<{ objects: string[]; uploads: string[] }> {
  const client = store.client();
  try {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return { objects: Contents.map(({ Key = '' }) => Key), uploads: Uploads.map(({ Key = '' }) => Key) };
  } finally {
    client.destroy();
  }
}
