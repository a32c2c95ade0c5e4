import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client
} from '@aws-sdk/client-s3';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openTarget, type Payload, type Target } from '../../src/targets/index.js';
import { NOT_IMPLEMENTED, startFaultyProxy, type Fault } from '../support/faulty-proxy.js';
import { S3Server } from '../support/s3-server.js';
import { calm, makePayload } from './payloads.js';

const MIB = 1024 * 1024;
let server: S3Server;
let client: S3Client;

beforeAll(async () => {
  server = await S3Server.start();
  Object.assign(process.env, server.environment);
  client = server.client();
  await server.createBucket('ship');
  return async () => {
    client.destroy();
    await server.stop();
  };
});

let prefixes = 0;
const freshUrl = (): string => `s3://ship/p${(prefixes += 1)}`;

async function open(url: string, endpoint = server.endpoint): Promise<Target> {
  const target = await openTarget(server.settings(url, { endpoint }));
  onTestFinished(() => target.close());
  return target;
}

async function openBehind(url: string, fault: Fault): Promise<Target> {
  const proxy = await startFaultyProxy(server.endpoint, fault);
  onTestFinished(() => proxy.stop());
  return open(url, proxy.endpoint);
}

/** Everything that lies below the prefix: finished objects and open uploads. */
async function leftBelow(url: string): Promise<{ keys: string[]; uploads: number }> {
  const Prefix = url.slice('s3://ship/'.length);
  const objects = await client.send(new ListObjectsV2Command({ Bucket: 'ship', Prefix }));
  const open = await client.send(new ListMultipartUploadsCommand({ Bucket: 'ship', Prefix }));
  return { keys: (objects.Contents ?? []).map(({ Key = '' }) => Key), uploads: (open.Uploads ?? []).length };
}

describe.each([
  ['in one request', makePayload('env-0000000a.pex', 1000)],
  ['of no bytes', makePayload('env-0000000b.pex', 0)],
  ['in three parts', makePayload('env-0000000c.pex', 20 * MIB + 5)]
])('an object %s', (_, payload) => {
  test('arrives whole, once, verified, with progress up to its size', async () => {
    const target = await open(freshUrl());
    const progress: number[] = [];
    expect(await target.head(payload.name, calm)).toBeUndefined();
    expect(await target.put(payload, { signal: calm, onProgress: bytes => progress.push(bytes) })).toBe('created');
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(payload.bytes);
    expect(await target.head(payload.name, calm)).toEqual({ bytes: payload.bytes });
    await target.verify(payload, calm);
    expect((await target.read(payload.name, calm))?.length).toBe(payload.bytes);
    expect(await target.put(payload, { signal: calm })).toBe('exists');
    await target.remove(payload.name, calm);
    expect(await target.head(payload.name, calm)).toBeUndefined();
    await target.remove(payload.name, calm);
  });

  test('is created by one of eight who try at once', async () => {
    const url = freshUrl();
    const targets = await Promise.all(Array.from({ length: 8 }, () => open(url)));
    const outcomes = await Promise.all(targets.map(target => target.put(payload, { signal: calm })));
    expect(outcomes.filter(outcome => outcome === 'created')).toHaveLength(1);
    expect((await leftBelow(url)).uploads).toBe(0);
  });

  test('is written to a store without conditional writes and without checksums', async () => {
    const refused: string[] = [];
    const url = freshUrl();
    const target = await openBehind(url, ({ headers, forward }) => {
      const unknown = Object.keys(headers).filter(name =>
        /^(?:if-none-match|x-amz-(?:sdk-)?checksum-(?!mode).*)$/u.test(name)
      );
      refused.push(...unknown);
      return unknown.length === 0 ? forward() : NOT_IMPLEMENTED;
    });
    expect(await target.put(payload, { signal: calm })).toBe('created');
    expect(refused).toContain('if-none-match');
    await target.verify(payload, calm);
    expect(await target.put(payload, { signal: calm })).toBe('exists');
    expect((await leftBelow(url)).uploads).toBe(0);
  });

  test('is refused when the target holds another of that name', async () => {
    const target = await open(freshUrl());
    await target.put(makePayload(payload.name, payload.bytes + 1), { signal: calm });
    await expect(target.put(payload, { signal: calm })).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
    expect(await target.head(payload.name, calm)).toEqual({ bytes: payload.bytes + 1 });
  });

  test('is known as created when the answer is lost on the way', async () => {
    let lost = 0;
    const target = await openBehind(freshUrl(), async ({ headers, forward }) => {
      const answer = await forward();
      if (headers['if-none-match'] === undefined || lost > 0) return answer;
      lost += 1;
      return 'drop';
    });
    expect(await target.put(payload, { signal: calm })).toBe('created');
    expect(lost).toBe(1);
    await target.verify(payload, calm);
  });

  test('leaves nothing when the ship is cancelled as the store says yes', async () => {
    const controller = new AbortController();
    const reason = new DOMException('cancelled', 'AbortError');
    const url = freshUrl();
    const target = await openBehind(url, async ({ headers, forward }) => {
      const answer = await forward();
      if (headers['if-none-match'] !== undefined) controller.abort(reason);
      return answer;
    });
    await expect(target.put(payload, { signal: controller.signal })).rejects.toBe(reason);
    expect(await leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });

  test('is not published when its bytes are not those of its name', async () => {
    const url = freshUrl();
    const target = await open(url);
    const damaged: Payload = { ...payload, sha256: 'ab'.repeat(32) };
    await expect(target.put(damaged, { signal: calm })).rejects.toMatchObject({ code: 'CACHE_UNUSABLE' });
    expect(await leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });
});

describe('an object in parts', () => {
  const payload = makePayload('env-0000000d.pex', 60 * MIB);

  test('leaves neither object nor upload when it is cancelled halfway', async () => {
    const controller = new AbortController();
    const reason = new DOMException('cancelled', 'AbortError');
    const url = freshUrl();
    const target = await open(url);
    let taken = 0;
    const onProgress = (bytes: number): void => {
      taken = bytes;
      controller.abort(reason);
    };
    await expect(target.put(payload, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(payload.bytes);
    expect(await leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });

  test('leaves neither object nor upload when a part is refused', async () => {
    const url = freshUrl();
    const target = await openBehind(url, ({ path, forward }) =>
      path.includes('partNumber=3') ? { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } : forward()
    );
    await expect(target.put(payload, { signal: calm })).rejects.toMatchObject({ code: 'TARGET_DENIED' });
    expect(await leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });

  test('keeps its error and tells of what is left when the upload cannot be removed', async () => {
    const target = await openBehind(freshUrl(), ({ method, path, forward }) => {
      if (path.includes('partNumber=3') || method === 'DELETE')
        return { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
      return forward();
    });
    const error: unknown = await target.put(payload, { signal: calm }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'TARGET_DENIED',
      cause: { name: 'AccessDenied', cause: { errors: { length: 2 } } }
    });
  });

  test('survives a connection that is cut now and then', async () => {
    let cut = 0;
    const target = await openBehind(freshUrl(), ({ path, forward }) => {
      if (/partNumber=[2-4]&/u.test(path) && cut < 3) {
        cut += 1;
        return 'drop';
      }
      return forward();
    });
    expect(await target.put(payload, { signal: calm })).toBe('created');
    expect(cut).toBe(3);
    await target.verify(payload, calm);
  });

  test('clears away uploads that were left a day ago, of files that ship-env makes', async () => {
    const url = freshUrl();
    const folder = url.slice('s3://ship/'.length);
    const begin = async (name: string): Promise<string> => {
      const { UploadId = '' } = await client.send(
        new CreateMultipartUploadCommand({ Bucket: 'ship', Key: `${folder}/${name}` })
      );
      return UploadId;
    };
    const [stale, foreign] = [await begin('env-00000001.pex'), await begin('video.mp4')];
    const young = await begin('env-00000002.pex');
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const id of [stale, foreign]) await utimes(await uploadFolder(id), yesterday, yesterday);
    await (await open(url)).put(payload, { signal: calm });
    const left = await client.send(new ListMultipartUploadsCommand({ Bucket: 'ship', Prefix: folder }));
    expect((left.Uploads ?? []).map(({ UploadId }) => UploadId).sort()).toEqual([foreign, young].sort());
  });
});

test('names with folders or dots do not leave the target', async () => {
  const target = await open(freshUrl());
  for (const name of ['../x', 'a/b', '..', '', 'a\nb']) {
    await expect(target.remove(name, calm)).rejects.toMatchObject({ code: 'USAGE_INVALID' });
    await expect(target.put(makePayload(name, 1), { signal: calm })).rejects.toMatchObject({ code: 'USAGE_INVALID' });
  }
});

test('a prefix with a space and a letter beyond ASCII is one and the same key', async () => {
  const target = await open('s3://ship/team a/über');
  await target.put(makePayload('env-1.pex', 10), { signal: calm });
  expect(target.url).toBe('s3://ship/team%20a/%C3%BCber');
  await client.send(new HeadObjectCommand({ Bucket: 'ship', Key: 'team a/über/env-1.pex' }));
});

/** Where versitygw keeps an open upload: a folder named by the upload's id. */
async function uploadFolder(id: string): Promise<string> {
  const entries = await readdir(server.dataDirectory, { recursive: true, withFileTypes: true });
  const found = entries.find(entry => entry.name === id);
  if (found === undefined) throw new Error(`There is no folder of the upload ${id}.`);
  return join(found.parentPath, found.name);
}
