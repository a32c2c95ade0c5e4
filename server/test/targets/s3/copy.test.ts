import { createHash, randomBytes } from 'node:crypto';
import { CompleteMultipartUploadCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { DigestMemory } from '../../../src/payloads/digest-memory.js';
import { slicesOf } from '../../../src/targets/s3/delta/slices.js';
import type { Span, SpannedPayload } from '../../../src/payloads/payload.js';
import type { Holding } from '../../../src/targets/target.js';
import type { Answer, Fault, Passing } from '../../support/faulty-proxy.js';
import { gate } from '../../support/gate.js';
import { calm } from '../../payloads/payloads.js';
import { useBucket } from './bucket.js';
import { SERVERS } from './servers.js';

const MIB = 1024 * 1024;
const OLD = 'env-0000000a.pex';

describe.each(SERVERS)('on $make,', server => {
  const bucket = useBucket(server.make);

  const shared = randomBytes(30 * MIB);
  const fresh = randomBytes(MIB);

  function md5(bytes: Buffer): string {
    return createHash('md5').update(bytes).digest('hex');
  }

  /** A span in memory. */
  function span(bytes: Buffer, content?: string): Span {
    let end = 0;
    const slices = slicesOf(bytes.length).map(length => {
      end += length;
      return { bytes: length, md5: md5(bytes.subarray(end - length, end)) };
    });
    return {
      ...{ bytes: bytes.length, content, slices },
      read: (into, position) => {
        bytes.copy(into, 0, position, position + into.length);
        return Promise.resolve();
      },
      check: () => Promise.resolve()
    };
  }

  const artifact: SpannedPayload = {
    name: 'env-0000000b.pex',
    maximalBytes: 100 * MIB,
    spans: async function* spans() {
      yield await Promise.resolve(span(shared, 'shared'));
      yield span(fresh);
    }
  };

  /** Puts an older artifact there, whose manifest claims that it begins with the shared content. */
  async function source(url: string, content: Buffer): Promise<Holding[]> {
    const { ETag: version = '' } = await bucket.client.send(
      new PutObjectCommand({ Bucket: 'ship', Key: keyOf(url, OLD), Body: content })
    );
    return [{ name: OLD, bytes: content.length, version, offsets: new Map([['shared', 0]]) }];
  }

  function keyOf(url: string, name: string): string {
    return `${url.slice('s3://ship/'.length)}/${name}`;
  }

  async function download(url: string): Promise<Buffer> {
    const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: 'ship', Key: keyOf(url, artifact.name) }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  function isCopy({ headers }: Passing): boolean {
    return headers['x-amz-copy-source'] !== undefined;
  }

  /**
   * A store whose ETags are not digests, like that of a store that encrypts: the ETags of the real server with reversed
   * digits.
   */
  async function disguised(passing: Passing): Promise<Answer> {
    const { method, path, body: asked, forward } = passing;
    if (method === 'POST' && path.includes('uploadId=')) return complete(passing, asked.toString('utf8'));
    const { status, headers, body } = await forward();
    const etag = headers?.etag;
    return {
      status,
      headers: { ...headers, ...(etag !== undefined && { etag: reversed(etag) }) },
      ...(body !== undefined && { body: isCopy(passing) ? reversed(body.toString()) : body })
    };
  }

  /** Translates the ETags back for the server. The request itself is signed and cannot be changed. */
  async function complete({ path }: Passing, asked: string): Promise<Answer> {
    const { pathname, searchParams } = new URL(path, 'http://store');
    const Parts = [...asked.matchAll(/<ETag>[^<]*?([0-9a-f]{32})/gu)].map(([, etag = ''], index) => {
      return { ETag: reversed(etag), PartNumber: index + 1 };
    });
    const { ETag = '' } = await bucket.client.send(
      new CompleteMultipartUploadCommand({
        Bucket: 'ship',
        Key: decodeURIComponent(pathname.slice('/ship/'.length)),
        UploadId: searchParams.get('uploadId') ?? '',
        MultipartUpload: { Parts }
      })
    );
    const body = `<CompleteMultipartUploadResult><ETag>${reversed(ETag)}</ETag></CompleteMultipartUploadResult>`;
    return { status: 200, headers: { 'content-type': 'application/xml' }, body };
  }

  function reversed(text: string): string {
    return text.replaceAll(/[0-9a-f]{32}/gu, digits => Buffer.from(digits).reverse().toString());
  }

  /** Counts how often the artifact is read from the store. */
  function countingReads(fault: Fault): { fault: Fault; reads: () => number } {
    let reads = 0;
    return {
      reads: () => reads,
      fault: passing => {
        if (passing.method === 'GET' && passing.path.includes(artifact.name)) reads += 1;
        return fault(passing);
      }
    };
  }

  test.each([
    ['digests, the copies are known by them', (passing: Passing) => passing.forward(), 0],
    ['something else, what was put together is read back', disguised, 1]
  ])('where ETags are %s', async (_, fault, wantedReads) => {
    const url = bucket.freshUrl();
    const sources = await source(url, shared);
    const counting = countingReads(fault);
    const target = await bucket.openBehind(url, counting.fault);
    const arrival = await target.write(artifact, { signal: calm, reuse: () => Promise.resolve(sources) });
    expect(arrival).toMatchObject({ copiedBytes: shared.length, sentBytes: fresh.length });
    await arrival?.verify(calm);
    expect(counting.reads()).toBe(wantedReads);
    expect((await download(url)).equals(Buffer.concat([shared, fresh]))).toBe(true);
  });

  test.each([
    ['', undefined],
    [', though it is not read here', new DigestMemory()]
  ])('where ETags are no digests, a wrong copy is noticed when it is read back%s', async (_, digests) => {
    const remembering = { ...artifact, digests };
    const elsewhere = await bucket.open(bucket.freshUrl());
    await elsewhere.write(remembering, { signal: calm, reuse: () => Promise.resolve([]) });
    const url = bucket.freshUrl();
    const wrong = Buffer.from(shared);
    wrong.writeUInt8(wrong.readUInt8(20 * MIB) ^ 1, 20 * MIB);
    const sources = await source(url, wrong);
    const target = await bucket.openBehind(url, disguised);
    const arrival = await target.write(remembering, { signal: calm, reuse: () => Promise.resolve(sources) });
    expect(arrival?.copiedBytes).toBe(shared.length);
    await expect(arrival?.verify(calm)).rejects.toMatchObject({ code: 'TARGET_CHECKSUM' });
  });

  test('where ETags are digests, a wrong copy is noticed by them, and all is sent', async () => {
    const url = bucket.freshUrl();
    const wrong = Buffer.from(shared);
    wrong.writeUInt8(wrong.readUInt8(20 * MIB) ^ 1, 20 * MIB);
    const sources = await source(url, wrong);
    const target = await bucket.open(url);
    const arrival = await target.write(artifact, { signal: calm, reuse: () => Promise.resolve(sources) });
    expect(arrival).toMatchObject({ copiedBytes: 0, fullUpload: expect.stringContaining('manifest') });
    await arrival?.verify(calm);
    expect((await download(url)).equals(Buffer.concat([shared, fresh]))).toBe(true);
  });

  test('after a refused copy the store is asked again: what someone else sent meanwhile is not sent', async () => {
    const url = bucket.freshUrl();
    const sources = await source(url, Buffer.concat([shared, fresh]));
    let begun = 0;
    const target = await bucket.openBehind(url, async passing => {
      if (passing.method === 'POST' && passing.path.includes('uploads=')) begun += 1;
      if (!isCopy(passing)) return passing.forward();
      const meanwhile = { Bucket: 'ship', Key: keyOf(url, artifact.name), Body: Buffer.concat([shared, fresh]) };
      await bucket.client.send(new PutObjectCommand(meanwhile));
      return { status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' };
    });
    const options = { signal: calm, isFree: true, reuse: () => Promise.resolve(sources) };
    expect(await target.write(artifact, options)).toBeUndefined();
    expect(begun).toBe(1);
  });

  test('copies begin, and wait for each other, while what is behind them is still being built', async () => {
    vi.stubEnv('SHIP_ENV_PARTS_IN_FLIGHT', '1');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const url = bucket.freshUrl();
    const long = Buffer.alloc(75 * MIB, 1);
    const sources = await source(url, long);
    const [isCopying, isWanted] = [gate(), gate()];
    const growing: SpannedPayload = {
      ...artifact,
      spans: async function* spans() {
        yield span(long, 'shared');
        isWanted.open();
        await isCopying.promise;
        yield span(fresh);
      }
    };
    const target = await bucket.openBehind(url, async passing => {
      if (!isCopy(passing)) return passing.forward();
      isCopying.open();
      await isWanted.promise;
      return passing.forward();
    });
    const arrival = await target.write(growing, { signal: calm, reuse: () => Promise.resolve(sources) });
    expect(arrival).toMatchObject({ copiedBytes: long.length, sentBytes: fresh.length });
    expect((await download(url)).equals(Buffer.concat([long, fresh]))).toBe(true);
  });
});
