import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import type { Snapshot } from '../../src/contract/snapshot.js';
import { type LazySnapshot, lookAtEnvironment, takeSnapshot } from '../../src/environment/index.js';
import { handMade, siteOf, temporaryFolder, tree, uvVenv } from './fixtures.js';
import { bytesRead, untilNextTick } from '../support/disk.js';

const root = temporaryFolder();
const { signal } = new AbortController();
/** A time that can be restored exactly. */
const WHOLE_SECONDS = 1_700_000_000;
let count = 0;
let venv = '';
let site = '';
let project = '';
let cache: Cache;

const look = (): Promise<LazySnapshot> => lookAtEnvironment({ python: venv, cache, signal });

/** The complete snapshot. */
async function wholeOf({ state: _, distributions, ...rest }: LazySnapshot): Promise<Snapshot> {
  return { ...rest, distributions: await Promise.all(distributions.map(each => each.whole())) };
}

function cachedFiles(kind: 'snapshots' | 'hashes'): string[] {
  const folder = join(cache.root, kind);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name));
  return paths.filter(path => statSync(path).isFile());
}

/** The file of the only snapshot in the cache. */
function keptFile(): string {
  const [only, ...others] = cachedFiles('snapshots');
  if (only === undefined || others.length > 0) throw new Error('One snapshot was expected in the cache.');
  return only;
}

beforeEach(async () => {
  count += 1;
  venv = uvVenv(join(root, `venv ${count}`));
  site = siteOf(venv);
  project = tree(join(root, `project ${count}`), { 'acme/__init__.py': 'VERSION = 1\n' });
  cache = await Cache.open(join(root, `cache ${count}`));
  writeFileSync(join(root, `target ${count}`), 'one');
  symlinkSync(join(root, `target ${count}`), join(site, 'linked.py'));
  handMade(
    site,
    'demo',
    '1.0',
    { 'demo.py': 'x = 1\n', 'big.bin': 'b'.repeat(9 << 20) },
    'demo.py,,\nbig.bin,,\nlinked.py,,\n'
  );
  writeFileSync(join(site, 'acme.pth'), `${project}\n`);
  utimesSync(join(site, 'demo.py'), WHOLE_SECONDS, WHOLE_SECONDS);
  untilNextTick(root);
});

describe('an environment that did not change', () => {
  it('is the same snapshot, and nothing of it is read', async () => {
    const first = await look();
    const before = bytesRead();
    const second = await look();
    expect(bytesRead() - before).toBeLessThan(2 << 20);
    expect(second.state).toBe(first.state);
    expect(second.state).toBeDefined();
    const whole = await takeSnapshot({ python: venv, cache, signal });
    expect(await wholeOf(second)).toEqual(whole);
    expect(await wholeOf(first)).toEqual(whole);
  });

  it('is looked at again when what was kept is damaged, and when it is an environment of that moment', async () => {
    const first = await look();
    for (const length of [0, 3, 40, 2000, statSync(keptFile()).size - 8, statSync(keptFile()).size - 3]) {
      truncateSync(keptFile(), length);
      const again = await look();
      expect(again.distributions, `${length}`).toHaveLength(1);
      expect(again.state, `${length}`).not.toBe(first.state);
    }
    writeFileSync(join(site, 'demo.py'), 'x = 2\n');
    expect((await look()).state).toBeUndefined();
  });
});

const CHANGES: Record<string, () => void> = {
  'a file edited in place, size and times put back': () => {
    const path = join(site, 'demo.py');
    writeFileSync(path, 'x = 3\n');
    utimesSync(path, WHOLE_SECONDS, WHOLE_SECONDS);
  },
  'a file that is gone': () => unlinkSync(join(site, 'big.bin')),
  'a file put in the place of another': () => {
    writeFileSync(join(site, 'new'), 'x = 4\n');
    renameSync(join(site, 'new'), join(site, 'demo.py'));
  },
  'what a link leads to': () => writeFileSync(join(root, `target ${count}`), 'two'),
  'a link that leads elsewhere': () => {
    rmSync(join(site, 'linked.py'));
    symlinkSync(join(site, 'demo.py'), join(site, 'linked.py'));
  },
  'a new distribution': () => handMade(site, 'other', '1.0', { 'other.py': '' }, 'other.py,,\n'),
  'a distribution less': () => rmSync(join(site, 'demo-1.0.dist-info'), { recursive: true }),
  'another version in the metadata': () =>
    writeFileSync(join(site, 'demo-1.0.dist-info', 'METADATA'), 'Metadata-Version: 2.1\nName: demo\nVersion: 1.1\n'),
  'metadata that was not there': () => writeFileSync(join(site, 'demo-1.0.dist-info', 'WHEEL'), 'Tag: py3-none-any\n'),
  'another path in a .pth file': () => {
    mkdirSync(`${project} 2`);
    writeFileSync(join(site, 'acme.pth'), `${project} 2\n`);
  },
  'a project that is gone': () => rmSync(project, { recursive: true }),
  'a module of nobody': () => writeFileSync(join(site, 'stray.py'), '')
};

describe('an environment that changed', () => {
  it.each(Object.keys(CHANGES))('shows it: %s', async name => {
    const first = await look();
    CHANGES[name]?.();
    untilNextTick(root);
    const second = await look();
    expect(second.state).not.toBe(first.state);
    expect(second.state).toBeDefined();
    expect(await wholeOf(second)).toEqual(await takeSnapshot({ python: venv, cache, signal }));
  });

  it('has the hashes of the distributions that did not change left alone', async () => {
    handMade(site, 'other', '1.0', { 'other.py': '' }, 'other.py,,\n');
    untilNextTick(root);
    await look();
    // A read of the cache updates the time.
    for (const path of cachedFiles('hashes')) utimesSync(path, WHOLE_SECONDS, WHOLE_SECONDS);
    writeFileSync(join(site, 'other.py'), 'x = 5\n');
    untilNextTick(root);
    await look();
    const wereLeftAlone = cachedFiles('hashes').map(path => statSync(path).mtimeMs === WHOLE_SECONDS * 1000);
    expect(wereLeftAlone.sort()).toEqual([false, true]);
  });

  it('shows what became of the code of an editable, which is no part of that', async () => {
    const first = await look();
    expect(first.findings).toEqual([]);
    writeFileSync(join(project, 'acme', 'fast.so'), '');
    const second = await look();
    expect(second.state).toBe(first.state);
    expect(second.findings).toMatchObject([{ kind: 'editable-compiled-extension' }]);
  });
});
