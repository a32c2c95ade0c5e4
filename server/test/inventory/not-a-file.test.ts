import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import type { ShipResult } from '../../src/contract/ship.js';
import { configOf } from '../../src/ship/config.js';
import { listArtifacts } from '../../src/inventory/list.js';
import { prune } from '../../src/inventory/prune.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';
import { calm } from '../payloads/payloads.js';
import { names, portIn, type Port } from '../ship/port.js';

let kernel: KernelVenv;
let port: Port;
let shipped: ShipResult;
beforeAll(async () => {
  kernel = await makeKernelVenv('six==1.17.0');
  port = await portIn(kernel.folder, kernel);
  shipped = await port.ship();
});
afterAll(() => kernel.remove());

let moved: string | undefined;
/** Replaces an object by something else during a test. */
async function replace(name: string, put: (path: string, aside: string) => unknown): Promise<void> {
  moved = join(port.directory, name);
  const aside = join(kernel.folder, name);
  await rename(moved, aside);
  await put(moved, aside);
}
afterEach(async () => {
  if (moved === undefined) return;
  await rm(moved, { recursive: true });
  await rename(join(kernel.folder, moved.slice(port.directory.length + 1)), moved);
  moved = undefined;
});

const OBJECTS: [string, () => string][] = [
  ['manifest', () => `${shipped.artifact.id}.json`],
  ['artifact', () => shipped.artifact.name]
];
const OTHERS: [string, (path: string) => unknown][] = [
  ['a FIFO', path => execFileSync('mkfifo', [path])],
  ['a folder', path => mkdir(path)],
  ['a link to nothing', path => symlink('/nowhere/at/all', path)],
  ['a link to itself', path => symlink(path, path)]
];
const BOTH = OBJECTS.flatMap(([what, name]) => OTHERS.map(([other, put]) => [what, other, name, put] as const));

test.each(BOTH)('where the %s is %s, list, ship and config say the same', async (_what, _other, name, put) => {
  await replace(name(), put);
  const wanted = `${name()} is not a file.`;
  const error = { code: 'TARGET_CONFLICT', message: expect.stringContaining(wanted) };
  expect(await listArtifacts(port.request().target, calm)).toMatchObject([
    { id: shipped.artifact.id, problem: expect.stringContaining(wanted) }
  ]);
  await expect(port.ship()).rejects.toMatchObject(error);
  await expect(configOf(port.request(), { cache: port.cache, signal: calm })).rejects.toMatchObject(error);
});

test.each(OBJECTS)('where the %s is a link to its bytes, list, ship and config take it', async (_what, name) => {
  await replace(name(), (path, aside) => symlink(aside, path));
  const rows = await listArtifacts(port.request().target, calm);
  expect(rows).toMatchObject([{ id: shipped.artifact.id, bytes: shipped.artifact.bytes }]);
  expect(rows[0]).not.toHaveProperty('problem');
  expect(await port.ship()).toMatchObject({ reused: true, uploadedBytes: 0 });
  await configOf(port.request(), { cache: port.cache, signal: calm });
});

test.each(BOTH)('where the %s is %s, prune leaves both alone', async (_what, _other, name, put) => {
  await replace(name(), put);
  const before = await names(port.directory);
  const rules = { olderThanMs: -60_000, keep: 0, dryRun: true };
  const cache = await Cache.open(await temporaryFolder());
  const { removed, kept } = await prune(port.request().target, rules, { cache, signal: calm });
  expect(removed.map(({ name: each }) => each)).not.toContain(shipped.artifact.name);
  expect(kept.map(({ name: each }) => each)).toEqual(
    expect.arrayContaining([shipped.artifact.name, `${shipped.artifact.id}.json`])
  );
  expect(await names(port.directory)).toEqual(before);
});
