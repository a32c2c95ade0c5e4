import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe } from 'vitest';
import { conforms } from '../conformance.js';
import { useBucket } from './bucket.js';

describe.each(['versitygw', 'moto'] as const)('%s', make => {
  const bucket = useBucket(make);
  conforms('s3', {
    fresh: () => {
      const url = bucket.freshUrl();
      const prefix = `${url.slice('s3://ship/'.length)}/`;
      return Promise.resolve({
        open: () => bucket.open(url),
        left: async () => {
          const { keys, uploads } = await bucket.leftBelow(url);
          return [...keys.map(key => key.slice(prefix.length)), ...Array<string>(uploads).fill('an open upload')];
        },
        tamper: async name => {
          const object = { Bucket: 'ship', Key: prefix + name };
          const { Body } = await bucket.client.send(new GetObjectCommand(object));
          const content = Buffer.from((await Body?.transformToByteArray()) ?? []);
          content.writeUInt8(content.readUInt8(0) ^ 1);
          await bucket.client.send(new PutObjectCommand({ ...object, Body: content }));
        }
      });
    }
  });
});
