import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { toErrorObject } from '../../../src/errors.js';
import type { Answer } from '../../support/faulty-proxy.js';
import { gate } from '../../support/gate.js';
import { calm, failure, makePayload, put } from '../../payloads/payloads.js';
import { useBucket } from './bucket.js';
import { SERVERS } from './servers.js';

describe.each(SERVERS)('on $make,', server => {
  const bucket = useBucket(server.make);

  const payload = makePayload('env-0000000d.pex', 60 * 1024 * 1024);

  function refusal(message: string): Answer {
    return { status: 403, body: `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>` };
  }

  test('leaves neither object nor upload when it is cancelled halfway', async () => {
    const controller = new AbortController();
    const reason = new DOMException('cancelled', 'AbortError');
    const url = bucket.freshUrl();
    const target = await bucket.open(url);
    let taken = 0;
    const onProgress = (bytes: number): void => {
      taken = bytes;
      controller.abort(reason);
    };
    await expect(put(target, payload, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(payload.bytes);
    expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });

  test('is removed only after the parts on their way have arrived', async () => {
    const controller = new AbortController();
    const reason = new DOMException('cancelled', 'AbortError');
    const arrived = gate();
    const order: string[] = [];
    const target = await bucket.openBehind(bucket.freshUrl(), async ({ method, path, forward }) => {
      if (method === 'DELETE' && path.includes('uploadId=')) order.push('remove');
      if (!path.includes('partNumber=')) return forward();
      // A slow store: parts that were sent before the cancellation are stored a moment after it.
      if (path.includes('partNumber=2')) {
        await arrived.promise;
        await forward();
        order.push('part');
      } else if (path.includes('partNumber=1')) {
        setTimeout(() => arrived.open(), 300);
      }
      return forward();
    });
    const onProgress = (): void => controller.abort(reason);
    await expect(put(target, payload, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(order).toEqual(['part', 'remove']);
  });

  test.each([
    ['1', 1],
    ['3', 3],
    ['', 4]
  ])('with SHIP_ENV_PARTS_IN_FLIGHT=%s there are never more than %d parts on their way', async (setting, most) => {
    vi.stubEnv('SHIP_ENV_PARTS_IN_FLIGHT', setting);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const full = gate();
    const seen: number[] = [];
    let running = 0;
    const target = await bucket.openBehind(bucket.freshUrl(), async ({ path, forward }) => {
      if (!path.includes('partNumber=')) return forward();
      seen.push((running += 1));
      // Waits until the largest number of requests is there; each is answered a moment later.
      if (running === most) full.open();
      await full.promise;
      await sleep(20);
      const answer = await forward();
      running -= 1;
      return answer;
    });
    await put(target, payload, { signal: calm });
    expect(Math.max(...seen)).toBe(most);
  });

  test.each(['0', '17', '1.5', 'many'])('SHIP_ENV_PARTS_IN_FLIGHT=%s is refused', async setting => {
    vi.stubEnv('SHIP_ENV_PARTS_IN_FLIGHT', setting);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    await expect(bucket.open(bucket.freshUrl())).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
  });

  test('leaves neither object nor upload when a part is refused', async () => {
    const url = bucket.freshUrl();
    const target = await bucket.openBehind(url, ({ path, forward }) =>
      path.includes('partNumber=3') ? { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } : forward()
    );
    await expect(put(target, payload, { signal: calm })).rejects.toMatchObject({ code: 'TARGET_DENIED' });
    expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });

  test('keeps its error and tells of what is left when the upload cannot be removed', async () => {
    const target = await bucket.openBehind(bucket.freshUrl(), ({ method, path, forward }) => {
      if (path.includes('partNumber=3')) return refusal('Part.');
      return method === 'DELETE' ? refusal('Removal.') : forward();
    });
    const error: unknown = await put(target, payload, { signal: calm }).catch((caught: unknown) => caught);
    expect(toErrorObject(error)).toMatchObject({
      code: 'TARGET_DENIED',
      cause: ['Part.', expect.stringContaining(`parts of the unfinished upload of ${payload.name}`), 'Removal.']
    });
  });

  test('a cancelled upload whose parts cannot be removed tells of them', async () => {
    const controller = new AbortController();
    const target = await bucket.openBehind(bucket.freshUrl(), ({ method, forward }) =>
      method === 'DELETE' ? refusal('Removal.') : forward()
    );
    const onProgress = (): void => controller.abort();
    const error: unknown = await put(target, payload, { signal: controller.signal, onProgress }).catch(
      (caught: unknown) => caught
    );
    expect(toErrorObject(error)).toMatchObject({
      code: 'SHIP_CANCELLED',
      cause: [expect.stringContaining(payload.name), 'Removal.']
    });
  });

  test.each([
    ['the beginning of an upload', 'POST', /[?&]uploads(?:=|&|$)/u],
    ['a part', 'PUT', /partNumber=3/u],
    ['the end of an upload', 'POST', /[?&]uploadId=/u]
  ])('a page in place of the answer to %s is told, and leaves nothing', async (_, asked, at) => {
    const url = bucket.freshUrl();
    const target = await bucket.openBehind(url, ({ method, path, forward }) =>
      method === asked && at.test(path) ? { status: 200, body: '<html><body>Welcome</body></html>' } : forward()
    );
    const error = await failure(put(target, payload, { signal: calm }));
    expect(error).toMatchObject({ code: 'TARGET_FAILED', hint: expect.stringContaining('web console') });
    expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });

  test('is written when only the answer to the end of the upload is lost in a page', async () => {
    const target = await bucket.openBehind(bucket.freshUrl(), async ({ method, path, forward }) => {
      const answer = await forward();
      return method === 'POST' && /[?&]uploadId=/u.test(path)
        ? { status: 200, body: '<html><body>Welcome</body></html>' }
        : answer;
    });
    expect(await put(target, payload, { signal: calm })).toBe('created');
    await target.verify(payload, calm);
  });

  const DAY_MS = 24 * 60 * 60 * 1000;

  test.each([
    ['cannot be read', 'yesterday'],
    ['lie a day ahead', new Date(Date.now() + DAY_MS).toUTCString()],
    ['lie a day behind', new Date(Date.now() - DAY_MS).toUTCString()]
  ])('dates of answers that %s stop nothing', async (_, date) => {
    const target = await bucket.openBehind(bucket.freshUrl(), async ({ forward }) => {
      const answer = await forward();
      return { ...answer, headers: { ...answer.headers, date } };
    });
    expect(await put(target, payload, { signal: calm })).toBe('created');
    await target.verify(payload, calm);
    expect(target.remarks().join(' ')).not.toContain('HTTP 403');
  });

  test('survives a connection that is cut now and then', async () => {
    let cut = 0;
    const target = await bucket.openBehind(bucket.freshUrl(), ({ path, forward }) => {
      if (/partNumber=[2-4]&/u.test(path) && cut < 3) {
        cut += 1;
        return 'drop';
      }
      return forward();
    });
    expect(await put(target, payload, { signal: calm })).toBe('created');
    expect(cut).toBe(3);
    await target.verify(payload, calm);
  });
});
