import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STEP_NAMES } from '../../src/contract/ship.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { makePort, names } from './port.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0', 'idna==3.10');
});
afterAll(() => kernel.remove());

test.each(STEP_NAMES.filter(name => name !== 'configure'))(
  'cancelled in step %s, a ship leaves no trace on the target and nothing half-done in the cache',
  async step => {
    const port = await makePort(kernel);
    const controller = new AbortController();
    const shipping = port.ship({
      signal: controller.signal,
      emit: event => {
        if (event.name === step && event.state === 'started') controller.abort();
      }
    });
    await expect(shipping).rejects.toMatchObject({ name: 'AbortError' });
    expect(await names(port.directory)).toEqual([]);
    expect(await readdir(join(port.cache.root, 'tmp'))).toEqual([]);
    await expect(port.ship()).resolves.toMatchObject({ type: 'result' });
  }
);

test('once everything is on the target, a cancel comes too late and the ship is told as done', async () => {
  const port = await makePort(kernel);
  const controller = new AbortController();
  const result = await port.ship({
    signal: controller.signal,
    emit: event => {
      if (event.name === 'configure') controller.abort();
    }
  });
  expect(await names(port.directory)).toContain(`${result.artifact.id}.json`);
});

test('cancelling a later ship takes back what that ship sent and nothing else', async () => {
  const port = await makePort(kernel);
  await port.ship();
  const before = await names(port.directory);
  await kernel.edit('v3');
  const controller = new AbortController();
  const shipping = port.ship({
    signal: controller.signal,
    emit: event => {
      if (event.name === 'verify' && event.state === 'started') controller.abort();
    }
  });
  await expect(shipping).rejects.toMatchObject({ name: 'AbortError' });
  await kernel.edit('v1');
  expect(await names(port.directory)).toEqual(before);
});
