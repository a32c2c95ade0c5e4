import { writeFile } from 'node:fs/promises';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { S3Server } from '../../server/test/support/s3-server.js';
import { folders } from './folders.js';

/**
 * A real S3 server with an empty bucket. The AWS profile `team` has all permissions; `stranger` has a wrong secret.
 *
 * Every server has the same keys, since the AWS SDK reads the credentials file once and one sidecar serves all tests.
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

/** Keys of all objects in a bucket, and of all unfinished uploads. */
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
