import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { ShipResult } from '../../src/contract/ship.js';
import { toErrorObject } from '../../src/errors.js';
import { startFaultyProxy } from '../support/faulty-proxy.js';
import { gate } from '../support/gate.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { makePort } from './port.js';
import {
  ARTIFACT,
  MANIFEST,
  REFUSED,
  bucket,
  cancelFirst,
  held,
  isWriteOf,
  removeArtifact,
  shipTo,
  watched
} from './store-ships.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

const CANCELLED = { status: 'rejected', reason: { name: 'AbortError' } };

test('a ship that waits for another one sends everything when that one is cancelled', async () => {
  const url = bucket.freshUrl();
  const [first, second] = await cancelFirst(url, await makePort(kernel), ARTIFACT);
  expect(first).toMatchObject(CANCELLED);
  const { names, bytes } = await held(url);
  expect(names).toHaveLength(4);
  expect(second).toMatchObject({ status: 'fulfilled', value: { reused: false, uploadedBytes: bytes } });
});

test('a cancel comes too late when the manifest is on its way, also for a ship that has seen it', async () => {
  const url = bucket.freshUrl();
  const [first, second] = await cancelFirst(url, await makePort(kernel), MANIFEST);
  expect(first).toMatchObject({ status: 'fulfilled', value: { reused: false } });
  expect(second).toMatchObject({ status: 'fulfilled', value: { reused: true, uploadedBytes: 0 } });
  expect((await held(url)).names).toHaveLength(4);
});

test('a ship that waited for one of the same environment sends nothing', async () => {
  const [url, port] = [bucket.freshUrl(), await makePort(kernel)];
  const [sent, hold] = [gate(), gate()];
  const first = shipTo(url, port, {
    fault: async passing => {
      if (isWriteOf(passing, MANIFEST)) {
        sent.open();
        await hold.promise;
      }
      return passing.forward();
    }
  });
  await sent.promise;
  const { ship: second, asked } = watched(url, port, () => hold.open());
  expect(await first).toMatchObject({ reused: false });
  expect(await second).toMatchObject({ reused: true, uploadedBytes: 0, artifact: (await first).artifact });
  expect(asked.filter(request => request.startsWith('PUT'))).toEqual([]);
});

test('a ship that has nothing to write does not wait for another one', async () => {
  const [url, port, excludes] = [bucket.freshUrl(), await makePort(kernel), ['harbour']];
  const { artifact } = await shipTo(url, port, { excludes });
  const [sent, hold] = [gate(), gate()];
  const withCode = shipTo(url, port, {
    fault: async passing => {
      if (passing.method === 'PUT') {
        sent.open();
        await hold.promise;
      }
      return passing.forward();
    }
  });
  await sent.promise;
  expect(await shipTo(url, port, { excludes })).toMatchObject({ artifact, reused: true, uploadedBytes: 0, code: [] });
  hold.open();
  expect((await withCode).code).toHaveLength(1);
});

test('a cancelled ship leaves the artifact that a ship of another machine has published meanwhile', async () => {
  const [url, port, other] = [bucket.freshUrl(), await makePort(kernel), await makePort(kernel)];
  const controller = new AbortController();
  const published = gate<ShipResult>();
  const cancelled = shipTo(url, port, {
    signal: controller.signal,
    fault: async passing => {
      if (!isWriteOf(passing, MANIFEST)) return passing.forward();
      published.open(await shipTo(url, other));
      controller.abort();
      return passing.forward();
    }
  });
  await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
  const { artifact } = await published.promise;
  expect((await held(url)).names).toEqual([`${artifact.id}.json`, artifact.name]);
  expect(await shipTo(url, port)).toMatchObject({ reused: true });
});

test('an artifact that goes away just before its manifest comes is sent again', async () => {
  const [url, port] = [bucket.freshUrl(), await makePort(kernel)];
  let isGone = false;
  const result = await shipTo(url, port, {
    fault: async passing => {
      if (isWriteOf(passing, MANIFEST) && !isGone) {
        await removeArtifact(url);
        isGone = true;
      }
      return passing.forward();
    }
  });
  expect(isGone).toBe(true);
  expect((await held(url)).names).toContain(result.artifact.name);
  expect(await shipTo(url, port)).toMatchObject({ reused: true, uploadedBytes: 0 });
});

test('an unchanged environment costs a look at each file and reads its manifest only', async () => {
  const [url, port] = [bucket.freshUrl(), await makePort(kernel)];
  const asked: string[] = [];
  const proxy = await startFaultyProxy(bucket.server.endpoint, passing => {
    asked.push(`${passing.method} ${passing.path.split('?')[0]?.split('/').at(-1)}`);
    return passing.forward();
  });
  onTestFinished(() => proxy.stop());
  // Both ships reach the store under the same address: under another one it would be another store.
  const target = bucket.server.settings(url, { endpoint: proxy.endpoint });
  await port.ship({ more: { target } });
  asked.length = 0;
  await port.ship({ more: { target } });
  const { names } = await held(url);
  const manifest = names.find(name => MANIFEST.test(name)) ?? '';
  expect(asked.sort()).toEqual(
    [`GET ${manifest}`, ...names.filter(name => name !== manifest).map(name => `HEAD ${name}`)].sort()
  );
});

test('a ship that fails keeps its error and the cause of it when it cannot take everything back', async () => {
  const [url, port] = [bucket.freshUrl(), await makePort(kernel)];
  const failed = shipTo(url, port, {
    fault: passing => {
      const isRefused = isWriteOf(passing, MANIFEST) || (passing.method === 'DELETE' && /-code-/u.test(passing.path));
      return isRefused ? REFUSED : passing.forward();
    }
  });
  const error = toErrorObject(await failed.catch((caught: unknown) => caught));
  const { names } = await held(url);
  expect(names).toEqual([expect.stringMatching(/^ship-env-code-/u)]);
  expect(error).toMatchObject({ code: 'TARGET_DENIED', message: expect.stringContaining('Writing env-') });
  expect(error.cause).toEqual([
    'No.',
    expect.stringContaining(`could not be removed again: ${names[0]}.`),
    expect.stringContaining(`Deleting ${names[0]} `),
    'No.'
  ]);
});

test('what is published stays when the last look at it fails', async () => {
  const [url, port] = [bucket.freshUrl(), await makePort(kernel)];
  let isWritten = false;
  const failed = shipTo(url, port, {
    fault: passing => {
      if (isWritten && passing.method === 'HEAD') return REFUSED;
      isWritten ||= isWriteOf(passing, MANIFEST);
      return passing.forward();
    }
  });
  await expect(failed).rejects.toMatchObject({ code: 'TARGET_DENIED' });
  expect((await held(url)).names).toHaveLength(4);
  expect(await shipTo(url, port)).toMatchObject({ reused: true, uploadedBytes: 0 });
});

test('an artifact stays while its manifest cannot be removed, which a cancelled ship tells', async () => {
  const [url, port, controller] = [bucket.freshUrl(), await makePort(kernel), new AbortController()];
  let isGone = false;
  const cancelled = shipTo(url, port, {
    signal: controller.signal,
    fault: async passing => {
      if (passing.method === 'DELETE' && MANIFEST.test(passing.path.split('?')[0] ?? '')) return REFUSED;
      // The artifact disappears before its manifest is written, so it is sent again.
      if (isWriteOf(passing, MANIFEST)) {
        await removeArtifact(url);
        isGone = true;
      }
      const answer = await passing.forward();
      const isThere = passing.method === 'HEAD' && ARTIFACT.test(passing.path) && answer.status === 200;
      if (isGone && isThere) controller.abort();
      return answer;
    }
  });
  const error = toErrorObject(await cancelled.catch((caught: unknown) => caught));
  const { names } = await held(url);
  expect(names).toEqual([expect.stringMatching(MANIFEST), expect.stringMatching(ARTIFACT)]);
  expect(error).toMatchObject({ code: 'SHIP_CANCELLED' });
  expect(error.cause).toContainEqual(expect.stringContaining(`Deleting ${names[0]} `));
});

test('a cancelled ship takes back all that it can and tells what it could not', async () => {
  const [url, port, controller] = [bucket.freshUrl(), await makePort(kernel), new AbortController()];
  const cancelled = shipTo(url, port, {
    signal: controller.signal,
    emit: ({ name, state }) => {
      if (name === 'verify' && state === 'started') controller.abort();
    },
    fault: passing => {
      const isRefused = passing.method === 'DELETE' && !/\.zip/u.test(passing.path);
      return isRefused ? REFUSED : passing.forward();
    }
  });
  const error: unknown = await cancelled.catch((caught: unknown) => caught);
  const { names } = await held(url);
  expect(names).toEqual([expect.stringMatching(ARTIFACT), expect.stringMatching(/^ship-env-code-/u)]);
  const { code, cause } = toErrorObject(error);
  expect(code).toBe('SHIP_CANCELLED');
  for (const name of names) {
    expect(cause[0]).toContain(name);
    expect(cause).toContainEqual(expect.stringMatching(new RegExp(`Deleting ${name} .*AccessDenied`, 'u')));
  }
});
