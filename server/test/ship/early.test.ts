import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShipRequestInput, StepEvent } from '../../src/contract/ship.js';
import { configOf } from '../../src/ship/config.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { makePort, names } from './port.js';

let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
});
afterAll(() => kernel.remove());

const REFUSED: readonly [what: string, more: Partial<ShipRequestInput>, code: string][] = [
  ['a master without a port', { master: 'spark://host' }, 'CONFIG_MASTER_UNSUPPORTED'],
  ['a master with a line end in it', { master: 'yarn\nyarn' }, 'CONFIG_MASTER_UNSUPPORTED'],
  ['a format that does not exist', { format: 'docker' }, 'FORMAT_UNKNOWN'],
  ['an interpreter in a format without room for it', { includeInterpreter: true }, 'FORMAT_UNSUITED'],
  ['a target that Spark cannot list', { target: { name: '', url: 'file:///tmp/a,b' } }, 'TARGET_URL_INVALID']
];

test.each(REFUSED)('%s is refused before the snapshot, by ship and by config', async (_, more, code) => {
  const port = await makePort(kernel);
  // A snapshot of it would fail with another code.
  const python = '/nowhere/bin/python';
  const events: StepEvent[] = [];
  const shipping = port.ship({ more: { python, ...more }, emit: event => events.push(event) });
  await expect(shipping).rejects.toMatchObject({ code });
  expect(events).toEqual([]);
  const { signal } = new AbortController();
  const config = configOf(port.request({ python, ...more }), { cache: port.cache, signal });
  await expect(config).rejects.toMatchObject({ code });
  expect(await names(port.directory)).toEqual([]);
});

test('white space around a master counts nowhere', async () => {
  const port = await makePort(kernel);
  const { conf, cell } = await port.ship({ more: { master: ' spark://host:7077\n' } });
  expect(conf['spark.master']).toBe('spark://host:7077');
  expect(cell).toContain('.master("spark://host:7077")');
});
