import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cache } from '../../../src/system/cache/cache.js';
import { NEVER, Workshop, handMade, snapshotOf, buildArtifact } from '../../formats/fixtures.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.remove());

test('segments that are all damaged, as after a power cut, are compressed anew, also where others are missing', async () => {
  const site = workshop.path('all damaged');
  const names = ['one', 'two', 'three', 'four'];
  const all = await Promise.all(names.map(name => handMade(site, name, { [`${name}.py`]: `${name} = 1\n` })));
  const cache = await Cache.open(workshop.path('cache-all-damaged'));
  const plan = await workshop.plan(snapshotOf(all));
  const { manifest: expected } = await buildArtifact(plan, { cache, signal: NEVER });
  for (const missing of [[], plan.content.segments.slice(0, 2)]) {
    await Promise.all(plan.content.segments.map(({ key }) => writeFile(cache.path('segments', key), '')));
    await Promise.all(missing.map(({ key }) => rm(cache.path('segments', key))));
    await rm(cache.path('manifests', `${plan.id}.json`));
    const again = await buildArtifact(plan, { cache, signal: NEVER });
    expect(again).toMatchObject({ builtSegments: 4, reusedSegments: 0, manifest: expected });
  }
});
