import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ShipResult } from '../../src/contract/ship.js';
import { toErrorObject } from '../../src/errors.js';
import { NOT_IMPLEMENTED, startFaultyProxy, type Answer, type Fault, type Passing } from '../support/faulty-proxy.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { makePort, type Port } from '../ship/port.js';
import { useBucket } from '../targets/s3/bucket.js';
import { randomNumbers, sample, Tally } from './tally.js';
import { readSmall } from '../../src/targets/reading.js';

/** Number of faults for each kind of ship in the short form. */
const SAMPLE = 6;
const HOURS = 4 * 60 * 60 * 1000;

const bucket = useBucket();
let kernel: KernelVenv;
let port: Port;
beforeAll(async () => {
  kernel = await makeKernelVenv('numpy==2.1.0');
});
afterAll(() => kernel.remove());

const xml = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>On purpose.</Message></Error>`
});

function flipped(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  const middle = changed.length >> 1;
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  return changed;
}

async function answerChanged(passing: Passing, change: (body: Buffer) => Buffer): Promise<Answer> {
  const answer = await passing.forward();
  const body = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(answer.body ?? '');
  return { ...answer, body: change(body) };
}

/** What a store, or a proxy in front of it, may do to one request. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'cuts the connection before it does anything': () => 'drop',
  'does it, and cuts the connection': passing => passing.forward().then(() => 'drop' as const),
  'answers 500': () => xml(500, 'InternalError'),
  'answers 503 SlowDown': () => xml(503, 'SlowDown'),
  'answers 403': () => xml(403, 'AccessDenied'),
  'answers 404': () => xml(404, 'NoSuchKey'),
  'answers 412': () => xml(412, 'PreconditionFailed'),
  'answers 501': () => NOT_IMPLEMENTED,
  'answers 502 with a page of HTML': () => ({
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><body><h1>Bad Gateway</h1></body></html>'
  }),
  'answers 200 with nothing': () => ({ status: 200, body: '' }),
  'gets a flipped bit': passing => passing.forward(flipped(passing.body)),
  'answers with a flipped bit': passing => answerChanged(passing, flipped),
  'answers with half of the body': passing => answerChanged(passing, body => body.subarray(0, body.length >> 1))
};

/** Prepares the prefix before the ship. */
const SHIPS: Readonly<Record<string, (url: string) => Promise<void>>> = {
  'a first ship': () => Promise.resolve(),
  'a ship of which the target holds most': async url => {
    await kernel.uninstall('six');
    await shipTo(url);
    await kernel.install('six==1.17.0');
  },
  'a ship of one edited line': async url => {
    await shipTo(url);
    await kernel.edit(`v${performance.now()}`);
  },
  'a ship of which the target holds all': async url => {
    await shipTo(url);
  }
};

async function shipTo(url: string, endpoint = bucket.server.endpoint): Promise<ShipResult> {
  return port.ship({ more: { target: bucket.server.settings(url, { endpoint }) } });
}

/** Ships through a proxy that applies the fault to the request with this number. */
async function shipWith(url: string, at: number, fault: Fault): Promise<{ requests: number; result: ShipResult }> {
  let requests = 0;
  const proxy = await startFaultyProxy(bucket.server.endpoint, passing => {
    requests += 1;
    return requests === at + 1 ? fault(passing) : passing.forward();
  });
  try {
    return { result: await shipTo(url, proxy.endpoint), requests };
  } finally {
    await proxy.stop();
  }
}

async function expectWhole(url: string, { artifact }: ShipResult): Promise<void> {
  const target = await bucket.open(url);
  const found = await readSmall(target, artifact.name, new AbortController().signal);
  const sha256 = createHash('sha256')
    .update(found ?? Buffer.alloc(0))
    .digest('hex');
  expect(sha256).toBe(artifact.sha256);
}

/** A failed ship must leave what was there before, and must not call itself a bug. */
async function expectClean(url: string, before: readonly string[], error: unknown, fault: string): Promise<void> {
  const { code, message, hint, cause } = toErrorObject(error);
  expect(code, `${message} ${cause.join(' ')}`).not.toBe('INTERNAL');
  expect(hint, code).toMatch(/\w/u);
  const { keys, uploads } = await bucket.leftBelow(url);
  if (JSON.stringify(toErrorObject(error)).includes('could not be removed')) return;
  expect(keys.filter(key => !before.includes(key))).toEqual([]);
  // When the first answer of an upload is lost, nobody knows its id. It is removed when it is a day old.
  expect(uploads).toBeLessThanOrEqual(/^answers|cuts the connection$/u.test(fault) ? 1 : 0);
}

describe.each(Object.entries(SHIPS))('a store that fails once during %s', (name, arrange) => {
  test(
    'makes the ship fail with a clear error, or not at all, and the next ship works',
    { timeout: HOURS },
    async () => {
      port = await makePort(kernel, join(kernel.folder, 'cache'));
      const tally = new Tally('fault of a store');
      const first = bucket.freshUrl();
      await arrange(first);
      const { requests } = await shipWith(first, -1, passing => passing.forward());
      const all = Object.keys(FAULTS).flatMap(fault => Array.from({ length: requests }, (_, at) => ({ fault, at })));
      for (const { fault, at } of sample(all, SAMPLE, randomNumbers())) {
        const url = bucket.freshUrl();
        await arrange(url);
        const { keys: before } = await bucket.leftBelow(url);
        await tally.attempt(`${name}: the store ${fault}, request ${at + 1} of ${requests}`, async () => {
          const ended = await shipWith(url, at, FAULTS[fault] ?? (passing => passing.forward())).catch(
            (error: unknown) => ({ error })
          );
          if ('error' in ended) await expectClean(url, before, ended.error, fault);
          else await expectWhole(url, ended.result);
          await expectWhole(url, await shipTo(url));
        });
      }
      expect(tally.lost).toEqual([]);
      expect(tally.survived).toBeGreaterThanOrEqual(SAMPLE);
    }
  );
});
