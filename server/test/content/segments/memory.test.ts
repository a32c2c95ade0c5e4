import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { NEVER, Workshop, handMade, snapshotOf, buildArtifact } from '../../formats/fixtures.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.remove());

/** Collects garbage. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // The target of a new WeakRef stays until the end of the turn.
  await new Promise(setImmediate);
  collect();
}

test('a build that is done keeps nothing of its plan in memory', async () => {
  const one = await handMade(workshop.path('done'), 'one', { 'one.py': '1\n' });
  const cache = await Cache.open(workshop.path('cache-done'));
  const built = async (): Promise<WeakRef<object>> => {
    const plan = await workshop.plan(snapshotOf([one]));
    expect((await buildArtifact(plan, { cache, signal: NEVER })).builtSegments).toBe(1);
    return new WeakRef(plan);
  };
  const plan = await built();
  await collectGarbage();
  expect(plan.deref()).toBeUndefined();
});
