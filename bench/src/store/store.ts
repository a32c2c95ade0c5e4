/** The S3 server of a benchmark, with a proxy in front of it that counts and delays. */
import { DeleteObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { S3Server } from '../product.js';
import { Proxy } from './proxy.js';

/** The bucket for everything. */
export const BUCKET = 'bench';

/** A running S3 server with an empty bucket. */
export interface Store {
  /** Endpoint of the server itself. */
  readonly direct: string;
  /** Endpoint of the proxy. */
  readonly counted: string;
  readonly proxy: Proxy;
  /** Environment variables that tell every SDK the endpoint and the credentials. */
  env(endpoint: string): Record<string, string>;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Removes everything below a prefix. */
  remove(prefix: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server and the proxy. */
export async function startStore(): Promise<Store> {
  const server = await S3Server.start();
  await server.createBucket(BUCKET);
  const proxy = new Proxy(server.endpoint);
  const counted = await proxy.start();
  return {
    direct: server.endpoint,
    counted,
    proxy,
    credentials: server.root,
    env: endpoint => ({
      AWS_ACCESS_KEY_ID: server.root.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.root.secretAccessKey,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null'
    }),
    remove: async prefix => remove(server, prefix),
    stop: async () => {
      await proxy.stop();
      await server.stop();
    }
  };
}

async function remove(server: S3Server, prefix: string): Promise<void> {
  const client = server.client();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: BUCKET, Prefix: `${prefix}/` })) {
    for (const { Key } of Contents) {
      await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
    }
  }
  client.destroy();
}
