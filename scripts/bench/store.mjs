/** The S3 server of a benchmark, with a counting and delaying proxy in front of it. */
import { DeleteObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { S3Server } from '../../server/test/support/s3-server.ts';
import { Proxy } from './proxy.mjs';

export const BUCKET = 'bench';

/**
 * @typedef {object} Store
 * @property {string} direct endpoint of the server itself
 * @property {string} counted endpoint of the proxy
 * @property {Proxy} proxy
 * @property {(endpoint: string) => Record<string, string>} env where every tool's SDK finds server and credentials
 * @property {() => import('@aws-sdk/client-s3').S3Client} client the caller destroys it
 * @property {(prefix: string) => Promise<void>} remove everything below the prefix
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<Store>} */
export async function startStore() {
  const server = await S3Server.start();
  await server.createBucket(BUCKET);
  const proxy = new Proxy(server.endpoint);
  const counted = await proxy.start();
  return {
    direct: server.endpoint,
    counted,
    proxy,
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
    client: () => server.client(),
    remove: async prefix => remove(server, prefix),
    stop: async () => {
      await proxy.stop();
      await server.stop();
    }
  };
}

/**
 * @param {S3Server} server
 * @param {string} prefix
 */
async function remove(server, prefix) {
  const client = server.client();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: BUCKET, Prefix: `${prefix}/` })) {
    for (const { Key } of Contents) {
      await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
    }
  }
  client.destroy();
}
