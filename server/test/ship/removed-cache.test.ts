import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STEP_NAMES } from '../../src/contract/ship.js';
import { ShipEnvError, toErrorObject } from '../../src/errors.js';
import { withCache } from '../../src/ship/with-cache.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { makePort } from './port.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('idna==3.10', 'six==1.17.0');
});
afterAll(() => kernel.remove());

const REMOVED = {
  code: 'CACHE_UNUSABLE',
  message: expect.stringMatching(/^The local cache .* was removed while the ship ran\.$/),
  hint: 'Ship again.'
};

test.each(STEP_NAMES)('a ship whose cache is removed at its step %s ends well or says so', async step => {
  const port = await makePort(kernel);
  const emit = ({ name }: { name: string }): void => {
    if (name === step) rmSync(port.cache.root, { recursive: true, force: true, maxRetries: 9 });
  };
  const ended = await withCache(port.cache, () => port.ship({ emit })).catch(toErrorObject);
  expect([{ artifact: expect.anything() }, REMOVED]).toContainEqual(
    'artifact' in ended ? { artifact: ended.artifact } : { code: ended.code, message: ended.message, hint: ended.hint }
  );
  expect(await withCache(port.cache, () => port.ship())).toHaveProperty('artifact');
});

test('what a ship misses in its cache is told as the removal of the cache', async () => {
  const { cache } = await makePort(kernel);
  const path = join(cache.root, 'tmp', 'gone');
  await expect(withCache(cache, () => readFile(path))).rejects.toMatchObject(REMOVED);
  const wrapped = async (): Promise<void> => {
    const cause: unknown = await readFile(path).catch((error: unknown) => error);
    throw new ShipEnvError('TARGET_FAILED', 'Not read.', { cause });
  };
  await expect(withCache(cache, wrapped)).rejects.toMatchObject(REMOVED);
});

test('what else a ship fails with stays what it is, also when its cache was removed', async () => {
  const { cache } = await makePort(kernel);
  const fail = (error: Error) => (): Promise<never> => {
    rmSync(cache.root, { recursive: true });
    return Promise.reject(error);
  };
  const denied = new ShipEnvError('TARGET_DENIED', 'Not yours.');
  await expect(withCache(cache, fail(denied))).rejects.toBe(denied);
  const cancelled = new DOMException('Cancelled.', 'AbortError');
  await expect(withCache(cache, fail(cancelled))).rejects.toBe(cancelled);
});
