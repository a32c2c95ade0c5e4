import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../src/contract/snapshot.js';
import { shippedEditables } from '../../../src/content/code/shipped.js';
import { shipRequest } from '../../../src/contract/ship.js';
import { NEVER, Workshop, handMade, snapshotOf, buildArtifact, type PlanOptions } from '../../formats/fixtures.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.remove());

const EDITABLE = {
  name: 'My_Code',
  normalizedName: 'my-code',
  version: '0.1',
  entryPoints: '',
  kind: 'pth',
  projectDirectory: '/home/ann/my-code',
  roots: [],
  requires: ['one']
} satisfies Snapshot['editables'][number];

/** All bytes that a ship of an environment leaves on a target. */
async function bytesOf(snapshot: Snapshot, options: Partial<PlanOptions> = {}): Promise<Buffer[]> {
  const plan = await workshop.plan(snapshot, options);
  const built = await buildArtifact(plan, { cache: workshop.cache, signal: NEVER });
  return [Buffer.from(plan.id), await buffer(built.payload.open()), await buffer(built.manifestPayload.open())];
}

describe('equal packages give the same id, artifact and manifest', () => {
  test('whichever editables, excluded names and pyspark the person has', async () => {
    const site = workshop.path('equal');
    // It requires a distribution that does not ship, which the boot code would not find.
    const one = { ...(await handMade(site, 'one', { 'one.py': 'VALUE = 1\n' })), requires: ['pyspark>=3', 'my-code'] };
    const pyspark = { ...(await handMade(site, 'pyspark', { 'pyspark/__init__.py': '' })), version: '4.0.0' };
    const ours = await handMade(site, 'jupyterlab-ship-env', { 'jupyterlab_ship_env/__init__.py': '' });
    const extra = await handMade(site, 'extra', { 'extra.py': '' });
    const base = await bytesOf(snapshotOf([one]));
    const others = await Promise.all([
      bytesOf({ ...snapshotOf([one]), editables: [EDITABLE] }),
      bytesOf(snapshotOf([one, pyspark])),
      bytesOf(snapshotOf([one, { ...pyspark, version: '4.1.0' }])),
      bytesOf(snapshotOf([one]), { excludes: ['no-such-thing', 'pyspark', 'My.Code'] }),
      bytesOf({ ...snapshotOf([one]), editables: [EDITABLE] }, { excludes: ['My.Code'] }),
      bytesOf(snapshotOf([one, extra]), { excludes: [' Extra '] }),
      bytesOf(snapshotOf([one, ours]))
    ]);
    for (const other of others)
      expect(other.map((bytes, at) => bytes.equals(base[at] ?? bytes))).toEqual([true, true, true]);
  });
});

describe('this package', () => {
  test('stays home, as a distribution and as an editable, also when pyspark ships', async () => {
    const site = workshop.path('home');
    const distributions = await Promise.all(
      ['jupyterlab-ship-env', 'pyspark', 'one'].map(name => handMade(site, name, { [`${name}.txt`]: name }))
    );
    const { content } = await workshop.plan(snapshotOf(distributions), { includeSpark: true });
    expect(content.segments.map(({ name }) => name).sort()).toEqual(['one', 'pyspark']);
    const request = shipRequest.parse({ python: '/venv/bin/python', target: { name: '', url: 'file:///nowhere' } });
    const own = { ...EDITABLE, name: 'jupyterlab-ship-env', normalizedName: 'jupyterlab-ship-env' };
    expect(shippedEditables([own, EDITABLE], request)).toEqual([EDITABLE]);
  });
});
