import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import type { StepEvent } from '../../src/contract/ship.js';
import { takeSnapshot } from '../../src/environment/index.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { makePort, names } from './port.js';

let kernel: KernelVenv;
let site = '';
beforeEach(async () => {
  kernel = await makeKernelVenv('six==1.17.0', 'idna==3.10');
  const lib = join(dirname(dirname(kernel.python)), 'lib');
  site = join(lib, readdirSync(lib)[0] ?? '', 'site-packages');
});
afterEach(() => kernel.remove());

/** Edits six as soon as it was read, in this many rounds; counts the rounds. */
function editing(rounds: number): { emit: (event: StepEvent) => void; began: () => number } {
  let began = 0;
  let edits = 0;
  const emit = ({ name, state }: StepEvent): void => {
    if (name === 'snapshot' && state === 'started') began += 1;
    if (name !== 'plan' || state !== 'done' || edits === rounds) return;
    edits += 1;
    writeFileSync(join(site, 'six.py'), `VERSION = ${edits}\n`);
  };
  return { emit, began: () => began };
}

test.each([1, 2])('an environment that changes %i times while it is read ships as it is in the end', async rounds => {
  const port = await makePort(kernel);
  const { emit, began } = editing(rounds);
  const result = await port.ship({ emit });
  expect(began()).toBe(rounds + 1);
  expect(result.findings).toMatchObject([{ kind: 'patched-file', subject: 'six.py' }]);
  expect(result.steps.map(step => step.name)).toEqual([
    'snapshot',
    'plan',
    'build',
    'upload',
    'verify',
    'publish',
    'configure'
  ]);
  await expect(port.ship()).resolves.toMatchObject({ reused: true, artifact: result.artifact });
});

test('an environment that keeps changing is read three times, and nothing is left', async () => {
  const port = await makePort(kernel);
  const { emit, began } = editing(3);
  await expect(port.ship({ emit })).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
  expect(began()).toBe(3);
  expect(await names(port.directory)).toEqual([]);
});

test('a file that goes away while the snapshot reads counts as a change of the environment', async () => {
  const { cache } = await makePort(kernel);
  // RECORD has no hashes of these files, so they are read.
  for (const name of ['core.py', 'codec.py']) writeFileSync(join(site, 'idna', name), '');
  const { signal } = new AbortController();
  const onProgress = (): void => rmSync(join(site, 'idna', 'core.py'), { force: true });
  await expect(
    takeSnapshot({ python: kernel.python, cache: await Cache.open(cache.root), signal, onProgress })
  ).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED', hint: expect.stringContaining('Wait') });
});
