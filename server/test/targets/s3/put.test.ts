import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { Payload } from '../../../src/payloads/payload.js';
import { PART_BYTES } from '../../../src/targets/s3/delta/part-plan.js';
import { NOT_IMPLEMENTED } from '../../support/faulty-proxy.js';
import { calm, makePayload, put } from '../../payloads/payloads.js';
import { useBucket } from './bucket.js';
import { SERVERS } from './servers.js';
import { readSmall } from '../../../src/targets/reading.js';

const MIB = 1024 * 1024;
describe.each(SERVERS)('on $make,', server => {
  const bucket = useBucket(server.make);

  describe.each([
    ['in one request', makePayload('env-0000000a.pex', 1000)],
    ['of no bytes', makePayload('env-0000000b.pex', 0)],
    ['in three parts', makePayload('env-0000000c.pex', 20 * MIB + 5)]
  ])('an object %s', (_, payload) => {
    test('arrives whole, once, verified, with progress up to its size', async () => {
      const target = await bucket.open(bucket.freshUrl());
      const progress: number[] = [];
      expect(await target.stat(payload.name, calm)).toBeUndefined();
      expect(await put(target, payload, { signal: calm, onProgress: bytes => progress.push(bytes) })).toBe('created');
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      expect(progress.at(-1)).toBe(payload.bytes);
      const sha256 = payload.bytes > PART_BYTES || !server.tellsChecksums ? undefined : payload.sha256;
      expect(await target.stat(payload.name, calm)).toMatchObject({ bytes: payload.bytes, sha256 });
      await target.verify(payload, calm);
      expect((await readSmall(target, payload.name, calm))?.length).toBe(payload.bytes);
      expect(await put(target, payload, { signal: calm })).toBe('exists');
      await target.remove(payload.name, calm);
      expect(await target.stat(payload.name, calm)).toBeUndefined();
      await target.remove(payload.name, calm);
    });

    test('is created by one of eight who try at once', async () => {
      const url = bucket.freshUrl();
      const targets = await Promise.all(Array.from({ length: 8 }, () => bucket.open(url)));
      const outcomes = await Promise.all(targets.map(target => put(target, payload, { signal: calm })));
      const created = outcomes.filter(outcome => outcome === 'created').length;
      expect(created).toBeGreaterThan(0);
      expect(created).toBeLessThanOrEqual(server.isAtomic ? 1 : targets.length);
      for (const target of targets) await target.verify(payload, calm);
      expect((await bucket.leftBelow(url)).uploads).toBe(0);
    });

    test('is written to a store without conditional writes and without checksums', async () => {
      const refused: string[] = [];
      const url = bucket.freshUrl();
      const target = await bucket.openBehind(url, ({ headers, forward }) => {
        const unknown = Object.keys(headers).filter(name =>
          /^(?:if-none-match|x-amz-(?:sdk-)?checksum-(?!mode).*)$/u.test(name)
        );
        refused.push(...unknown);
        return unknown.length === 0 ? forward() : NOT_IMPLEMENTED;
      });
      expect(await put(target, payload, { signal: calm })).toBe('created');
      expect(refused).toContain('if-none-match');
      await target.verify(payload, calm);
      expect(await put(target, payload, { signal: calm })).toBe('exists');
      expect((await bucket.leftBelow(url)).uploads).toBe(0);
    });

    test('is not overwritten on such a store when another ship comes first', async () => {
      const url = bucket.freshUrl();
      const other = await bucket.open(url);
      const unconditional: string[] = [];
      const target = await bucket.openBehind(url, async ({ method, path, headers, forward }) => {
        if (headers['if-none-match'] !== undefined) {
          await put(other, payload, { signal: calm });
          return NOT_IMPLEMENTED;
        }
        if (method === 'PUT' && path.includes(payload.name) && !path.includes('partNumber=')) unconditional.push(path);
        if (method === 'POST' && path.includes('uploadId=')) unconditional.push(path);
        return forward();
      });
      expect(await put(target, payload, { signal: calm })).toBe('exists');
      expect(unconditional).toEqual([]);
      expect((await bucket.leftBelow(url)).uploads).toBe(0);
    });

    test('is refused when the target holds another of that name', async () => {
      const target = await bucket.open(bucket.freshUrl());
      await put(target, makePayload(payload.name, payload.bytes + 1), { signal: calm });
      await expect(put(target, payload, { signal: calm })).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
      expect(await target.stat(payload.name, calm)).toMatchObject({ bytes: payload.bytes + 1 });
    });

    test('is known as created when the answer is lost on the way', async () => {
      let lost = 0;
      const target = await bucket.openBehind(bucket.freshUrl(), async ({ headers, forward }) => {
        const answer = await forward();
        if (headers['if-none-match'] === undefined || lost > 0) return answer;
        lost += 1;
        return 'drop';
      });
      expect(await put(target, payload, { signal: calm })).toBe('created');
      expect(lost).toBe(1);
      await target.verify(payload, calm);
    });

    test('leaves nothing when the ship is cancelled as the store says yes', async () => {
      const controller = new AbortController();
      const reason = new DOMException('cancelled', 'AbortError');
      const url = bucket.freshUrl();
      const target = await bucket.openBehind(url, async ({ headers, forward }) => {
        const answer = await forward();
        if (headers['if-none-match'] !== undefined) controller.abort(reason);
        return answer;
      });
      await expect(put(target, payload, { signal: controller.signal })).rejects.toBe(reason);
      expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
    });

    test('is not published when its bytes are not those of its name', async () => {
      const url = bucket.freshUrl();
      const target = await bucket.open(url);
      const damaged: Payload = { ...payload, sha256: 'ab'.repeat(32) };
      await expect(put(target, damaged, { signal: calm })).rejects.toMatchObject({ code: 'CACHE_UNUSABLE' });
      expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
    });
  });

  test('names with folders or dots do not leave the target', async () => {
    const target = await bucket.open(bucket.freshUrl());
    for (const name of ['../x', 'a/b', '..', '', 'a\nb']) {
      await expect(target.remove(name, calm)).rejects.toMatchObject({ code: 'USAGE_INVALID' });
      await expect(put(target, makePayload(name, 1), { signal: calm })).rejects.toMatchObject({
        code: 'USAGE_INVALID'
      });
    }
  });

  test('a prefix with a space and a letter beyond ASCII is one and the same key', async () => {
    const target = await bucket.open('s3://ship/team a/über');
    await put(target, makePayload('env-1.pex', 10), { signal: calm });
    expect(target.url).toBe('s3://ship/team%20a/%C3%BCber');
    await bucket.client.send(new HeadObjectCommand({ Bucket: 'ship', Key: 'team a/über/env-1.pex' }));
  });
});
