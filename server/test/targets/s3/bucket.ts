import { ListMultipartUploadsCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { beforeAll, onTestFinished } from 'vitest';
import { openTarget, type Target } from '../../../src/targets/index.js';
import { startFaultyProxy, type Fault } from '../../support/faulty-proxy.js';
import { S3Server, type Make } from '../../support/s3-server.js';

/** A bucket `ship` on a real server, for the tests of one file. */
export interface Bucket {
  readonly server: S3Server;
  /** A client of the root user, for direct access. */
  readonly client: S3Client;
  /** URL of a prefix that no other test uses. */
  freshUrl(): string;
  open(url: string): Promise<Target>;
  /** Opens the target through a proxy with the given faults. */
  openBehind(url: string, fault: Fault): Promise<Target>;
  /** Everything below the prefix: finished objects and open uploads. */
  leftBelow(url: string): Promise<{ keys: string[]; uploads: number }>;
}

/** Starts the server before the tests of a file or of a `describe`, and stops it after them. */
export function useBucket(make: Make = 'versitygw'): Bucket {
  const started: { server?: S3Server; client?: S3Client } = {};
  let prefixes = 0;
  beforeAll(async () => {
    const server = make === 'moto' ? await S3Server.startMoto() : await S3Server.start();
    const client = server.client();
    Object.assign(started, { server, client });
    Object.assign(process.env, server.environment);
    await server.createBucket('ship');
    return async () => {
      client.destroy();
      await server.stop();
    };
  });
  const open = async (url: string, endpoint: string): Promise<Target> => {
    const target = await openTarget(bucket.server.settings(url, { endpoint }));
    onTestFinished(() => target.close());
    return target;
  };
  const bucket: Bucket = {
    get server() {
      return present(started.server);
    },
    get client() {
      return present(started.client);
    },
    freshUrl: () => `s3://ship/p${(prefixes += 1)}`,
    open: url => open(url, bucket.server.endpoint),
    openBehind: async (url, fault) => {
      const proxy = await startFaultyProxy(bucket.server.endpoint, fault);
      onTestFinished(() => proxy.stop());
      return open(url, proxy.endpoint);
    },
    leftBelow: async url => {
      const below = { Bucket: 'ship', Prefix: url.slice('s3://ship/'.length) };
      const objects = await bucket.client.send(new ListObjectsV2Command(below));
      const open = await bucket.client.send(new ListMultipartUploadsCommand(below));
      return { keys: (objects.Contents ?? []).map(({ Key = '' }) => Key), uploads: (open.Uploads ?? []).length };
    }
  };
  return bucket;
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The S3 server has not been started.');
  return value;
}
