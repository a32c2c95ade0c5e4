import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { NOT_IMPLEMENTED, type Answer, type Passing } from '../../support/faulty-proxy.js';
import { gate } from '../../support/gate.js';
import { calm, makePayload, put } from '../../payloads/payloads.js';
import { useBucket, type Bucket } from './bucket.js';

const HOUR_MS = 60 * 60 * 1000;
const payload = makePayload('env-0000000d.pex', 20 * 1024 * 1024);

/** Begins an upload like another machine, with one part if asked. */
async function begin(bucket: Bucket, url: string, name: string, part?: Buffer): Promise<string> {
  const object = { Bucket: 'ship', Key: `${url.slice('s3://ship/'.length)}/${name}` };
  const { UploadId = '' } = await bucket.client.send(new CreateMultipartUploadCommand(object));
  if (part !== undefined)
    await bucket.client.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: part }));
  return UploadId;
}

async function open(bucket: Bucket, url: string): Promise<string[]> {
  const Prefix = url.slice('s3://ship/'.length);
  const left = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket: 'ship', Prefix }));
  return (left.Uploads ?? []).map(({ UploadId = '' }) => UploadId).sort();
}

function isListOfUploads({ method, path }: Passing): boolean {
  return method === 'GET' && /[?&]uploads(?:=|&|$)/u.test(path);
}

/** Changes the store's lists of open uploads: moves their dates by this many hours. */
function listed(change: (answer: Answer, body: string) => Answer, hours = 0): (passing: Passing) => Promise<Answer> {
  return async passing => {
    const answer = await passing.forward();
    if (!isListOfUploads(passing)) return answer;
    const { date = '', 'content-length': _, ...headers } = answer.headers ?? {};
    const moved = new Date(Date.parse(date) + hours * HOUR_MS).toUTCString();
    return change({ ...answer, headers: { ...headers, date: moved } }, String(answer.body));
  };
}

function withoutDate({ headers: { date: _, ...headers } = {}, ...answer }: Answer): Answer {
  return { ...answer, headers };
}

/** Removes the upload that has just begun from the list. */
function lagging(answer: Answer, body: string): Answer {
  return { ...answer, body: body.replaceAll(/<Upload>.*?<\/Upload>/gsu, it => (it.includes(payload.name) ? '' : it)) };
}

describe('on versitygw, which dates uploads', () => {
  const bucket = useBucket();

  /** An old upload, a young one, and uploads that do not belong to ship-env. */
  async function leftBehind(url: string): Promise<Record<'stale' | 'young' | 'foreign' | 'alive', string>> {
    const ids = {
      stale: await begin(bucket, url, 'env-00000001.pex', Buffer.alloc(10)),
      young: await begin(bucket, url, 'env-00000002.pex'),
      foreign: await begin(bucket, url, 'video.mp4'),
      alive: await begin(bucket, url, 'env-00000003.pex', Buffer.alloc(10))
    };
    for (const id of [ids.stale, ids.foreign]) await age(id, ['.', '1']);
    // It began a day ago over a slow network, and its newest part has just arrived.
    await age(ids.alive, ['.']);
    return ids;
  }

  /** Makes an upload look a day old: versitygw stores it in a folder with the upload's id, one file for each part. */
  async function age(id: string, paths: string[]): Promise<void> {
    const entries = await readdir(bucket.server.dataDirectory, { recursive: true, withFileTypes: true });
    const found = entries.find(entry => entry.name === id);
    if (found === undefined) throw new Error(`There is no folder of the upload ${id}.`);
    const yesterday = new Date(Date.now() - 25 * HOUR_MS);
    for (const path of paths.toReversed()) {
      const file = join(found.parentPath, found.name, path);
      await utimes(file, yesterday, yesterday).catch((error: unknown) => {
        if (path === '.') throw error;
      });
    }
  }

  test.each([
    ['right', 0],
    ['a day and more ahead', 30],
    ['a day and more behind', -30]
  ])('clears away what was left a day ago, and nothing else, when this machine’s clock is %s', async (_, hours) => {
    const url = bucket.freshUrl();
    const { young, foreign, alive } = await leftBehind(url);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * HOUR_MS });
    onTestFinished(() => void vi.useRealTimers());
    expect(await put(await bucket.open(url), payload, { signal: calm })).toBe('created');
    vi.useRealTimers();
    expect(await open(bucket, url)).toEqual([young, foreign, alive].sort());
  });

  test.each([
    ['has other dates in its answers than in its list', listed(answer => answer, 30)],
    ['is behind in its answers', listed(answer => answer, -30)],
    ['says no date', listed(withoutDate)],
    ['does not list the upload that has just begun', listed(lagging)],
    ['lists no uploads', listed(() => NOT_IMPLEMENTED)]
  ])('clears nothing away from a store that %s', async (_, fault) => {
    const url = bucket.freshUrl();
    const left = Object.values(await leftBehind(url)).sort();
    expect(await put(await bucket.openBehind(url, fault), payload, { signal: calm })).toBe('created');
    expect(await open(bucket, url)).toEqual(left);
  });

  test('an upload of another ship of this process is never cleared away', async () => {
    const url = bucket.freshUrl();
    const [isUnderWay, mayGoOn] = [gate(), gate()];
    const slow = await bucket.openBehind(url, async ({ path, forward }) => {
      if (!path.includes('partNumber=')) return forward();
      isUnderWay.open();
      await mayGoOn.promise;
      return forward();
    });
    const putting = put(slow, makePayload('env-0000000e.pex', payload.bytes), { signal: calm });
    await isUnderWay.promise;
    for (const id of await open(bucket, url)) await age(id, ['.']);
    expect(await put(await bucket.open(url), payload, { signal: calm })).toBe('created');
    mayGoOn.open();
    expect(await putting).toBe('created');
    expect(await open(bucket, url)).toEqual([]);
  });
});

describe('on moto, where each upload began in 2010', () => {
  const bucket = useBucket('moto');

  test('nobody’s upload is cleared away, neither another’s nor our own', async () => {
    const url = bucket.freshUrl();
    const other = await begin(bucket, url, 'env-00000001.pex', Buffer.alloc(10));
    const target = await bucket.open(url);
    expect(await put(target, payload, { signal: calm })).toBe('created');
    await target.verify(payload, calm);
    expect(await open(bucket, url)).toEqual([other]);
  });
});
