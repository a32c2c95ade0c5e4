import { appendFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { shipRequest, type ShipRequest, type ShipRequestInput } from '../../src/contract/ship.js';
import { planLazily, planWhole } from '../../src/ship/plan.js';
import { type LazySnapshot, lookAtEnvironment, takeSnapshot } from '../../src/environment/index.js';
import { makeKernelVenv, type KernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';

const { signal } = new AbortController();
let kernel: KernelVenv;
beforeAll(async () => {
  kernel = await makeKernelVenv('idna==3.10');
});
afterAll(() => kernel.remove());

function request(own: Partial<ShipRequestInput> = {}): ShipRequest {
  return shipRequest.parse({ python: kernel.python, target: { name: '', url: 'file:///nowhere' }, ...own });
}

/** The state by which an unchanged environment is recognised. */
async function known(cache: Cache): Promise<LazySnapshot> {
  return { ...(await lookAtEnvironment({ python: kernel.python, cache, signal })), state: 'as it was' };
}

async function plansIn(cache: Cache): Promise<string[]> {
  const folder = join(cache.root, 'plans');
  const paths = (await readdir(folder, { recursive: true })).map(name => join(folder, name));
  const kinds = await Promise.all(paths.map(async path => (await stat(path)).isFile()));
  return paths.filter((_, index) => kinds[index]);
}

test('the name of an environment is computed once for each request, and is the right one', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const snapshot = await takeSnapshot({ python: kernel.python, cache, signal });
  for (const own of [{}, { excludes: ['idna'] }, { excludes: ['no-such'] }, { includeSpark: true }]) {
    const { id, findings } = await planWhole(snapshot, request(own), { cache, signal });
    for (const attempt of ['first', 'again']) {
      const plan = await planLazily(await known(cache), request(own), { cache, signal });
      expect({ id: plan.id, findings: plan.findings }, attempt).toEqual({ id, findings });
    }
  }
  const { id } = await planWhole(snapshot, request(), { cache, signal });
  const plan = await planLazily({ ...(await known(cache)), distributions: [] }, request(), { cache, signal });
  expect(plan.id).toBe(id);
  await expect(plan.whole()).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
});

test('a name that was kept and damaged is computed anew', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const { id } = await planLazily(await known(cache), request(), { cache, signal });
  const [path = ''] = await plansIn(cache);
  for (const damage of ['', '{"id":', '{"id":7}']) {
    await writeFile(path, damage);
    expect((await planLazily(await known(cache), request(), { cache, signal })).id, damage).toBe(id);
  }
});

test('an environment that changes between its name and its build does not ship under that name', async () => {
  const cache = await Cache.open(await temporaryFolder());
  await planLazily(await known(cache), request(), { cache, signal });
  const plan = await planLazily(await known(cache), request(), { cache, signal });
  await kernel.install('idna==3.9');
  // Segments that are compressed already still ship; files that are gone cannot be compressed.
  const [segment] = (await plan.whole()).content.segments;
  await expect(segment?.whole()).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
});

test('what was planned is given away once; who asks again gets the same, planned again, or is told that it changed', async () => {
  const cache = await Cache.open(await temporaryFolder());
  const look = await lookAtEnvironment({ python: kernel.python, cache, signal });
  const plan = await (await planLazily(look, request(), { cache, signal })).whole();
  const segment = plan.content.segments.find(({ name }) => name === 'idna');
  const first = await segment?.whole();
  expect(first?.entries.length).toBeGreaterThan(5);
  expect(await segment?.whole()).toEqual(first);
  const { location } = look.distributions.find(({ name }) => name === 'idna') ?? {};
  await appendFile(join(location ?? '', 'idna', 'core.py'), '\nPATCHED = 1\n');
  await expect(segment?.whole()).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
});
