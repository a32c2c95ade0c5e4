import { expect, onTestFinished, test, vi } from 'vitest';
import { CLEAN_UP_MS, GRACE_MS, SHIP_LIMITS } from '../../../src/targets/s3/time-limits.js';
import { makePayload, put } from '../../payloads/payloads.js';
import type { Answer, Passing } from '../../support/faulty-proxy.js';
import { useBucket } from './bucket.js';

const bucket = useBucket();
const payload = makePayload('env-0000000c.pex', 20 * 1024 * 1024);
const never = new Promise<never>(() => undefined);

/** How long a cancelled write may take, without the request that is never cut. */
const LIMITED_MS = CLEAN_UP_MS - SHIP_LIMITS.connectMs - SHIP_LIMITS.idleMs;

/**
 * Cancels a write to a store that does not answer after that.
 *
 * @param isLast - the request at which the write is cancelled
 * @param answer - the store's answer to that request
 * @returns the time limits of the clean-up, in their order; each passes at once in this test
 */
async function limitsOfCancel(
  isLast: (passing: Passing) => boolean,
  answer: (passing: Passing) => Promise<Answer>
): Promise<number[]> {
  const limits: number[] = [];
  const controller = new AbortController();
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const target = await bucket.openBehind(bucket.freshUrl(), passing => {
    if (controller.signal.aborted) return never;
    if (!isLast(passing)) return passing.forward();
    controller.abort(new DOMException('cancelled', 'AbortError'));
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => {
      limits.push(ms);
      return timeout(1);
    });
    onTestFinished(() => spy.mockRestore());
    return answer(passing);
  });
  await expect(put(target, payload, { signal: controller.signal })).rejects.toThrow('cancelled');
  return limits;
}

function sum(limits: readonly number[]): number {
  return limits.reduce((all, ms) => all + ms, 0);
}

test('a cancel while parts are on their way takes no longer than the target declares', async () => {
  const limits = await limitsOfCancel(
    ({ path }) => path.includes('partNumber='),
    () => never
  );
  expect(limits.length).toBeGreaterThan(1);
  expect(GRACE_MS + sum(limits)).toBeLessThanOrEqual(LIMITED_MS);
});

test('a cancel while the store makes an object of the parts takes no longer than the target declares', async () => {
  const limits = await limitsOfCancel(
    ({ method, path }) => method === 'POST' && path.includes('uploadId='),
    ({ forward }) => forward()
  );
  expect(limits.length).toBeGreaterThan(0);
  expect(GRACE_MS + sum(limits)).toBeLessThanOrEqual(LIMITED_MS);
});

test('a cancel while the store refuses to make an object of the parts takes no longer than the target declares', async () => {
  const limits = await limitsOfCancel(
    ({ method, path }) => method === 'POST' && path.includes('uploadId='),
    () => Promise.resolve({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' })
  );
  expect(limits.length).toBeGreaterThan(1);
  expect(GRACE_MS + sum(limits)).toBeLessThanOrEqual(LIMITED_MS);
});
