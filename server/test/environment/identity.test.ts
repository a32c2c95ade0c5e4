import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Cache } from '../../src/system/cache/cache.js';
import { takeSnapshot } from '../../src/environment/index.js';
import { distribution, findings, handMade, sh, siteOf, snap, temporaryFolder, tree, uvVenv } from './fixtures.js';
import { bytesRead, untilNextTick } from '../support/disk.js';

const root = temporaryFolder();
let count = 0;
let venv = '';
let site = '';
let cache = '';

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const row = (path: string, content: string | Buffer): string =>
  `${path},sha256=${createHash('sha256').update(content).digest('base64url')},${Buffer.byteLength(content)}\n`;

beforeEach(() => {
  count += 1;
  venv = uvVenv(join(root, `venv ${count}`));
  site = siteOf(venv);
  cache = join(root, `cache ${count}`);
});

async function fileOf(
  path: string
): Promise<{ path: string; size: number; sha256: string; executable: boolean } | undefined> {
  return distribution(await snap(venv, cache), 'demo').files.find(file => file.path === path);
}

describe('the identity of a file', () => {
  it('is RECORD’s while nothing touched the file since, and no content is read', async () => {
    const big = randomBytes(24 << 20);
    writeFileSync(join(site, 'big.bin'), big);
    untilNextTick(root);
    handMade(site, 'demo', '1.0', {}, row('big.bin', big));
    const before = bytesRead();
    const file = await fileOf('big.bin');
    expect(bytesRead() - before).toBeLessThan(8 << 20);
    expect(file).toEqual({ path: 'big.bin', size: big.length, sha256: sha256(big), executable: false });
  });

  it('is hashed when RECORD cannot vouch for it, and once only', async () => {
    const big = randomBytes(24 << 20);
    handMade(site, 'demo', '1.0', {}, row('big.bin', big));
    writeFileSync(join(site, 'big.bin'), big);
    untilNextTick(root);
    const start = bytesRead();
    await snap(venv, cache);
    const afterFirst = bytesRead();
    expect(afterFirst - start).toBeGreaterThan(big.length);
    const file = await fileOf('big.bin');
    expect(bytesRead() - afterFirst).toBeLessThan(8 << 20);
    expect(file?.sha256).toBe(sha256(big));
  });

  it.each(['as installed', 'after it was hashed once'])(
    'shows an edit in place with size and mtime put back, %s',
    async when => {
      const path = join(site, 'demo.py');
      tree(site, { 'demo.py': 'one = 1\n' });
      untilNextTick(root);
      handMade(site, 'demo', '1.0', {}, row('demo.py', 'one = 1\n'));
      if (when !== 'as installed') chmodSync(path, 0o755);
      // `touch -r` restores times to the nanosecond.
      const times = join(root, `times ${count}`);
      sh('touch', '-r', path, times);
      untilNextTick(root);
      expect((await fileOf('demo.py'))?.sha256).toBe(sha256('one = 1\n'));
      writeFileSync(path, 'one = 2\n');
      sh('touch', '-r', times, path);
      expect(statSync(path).mtimeMs).toBe(statSync(times).mtimeMs);
      const snapshot = await snap(venv, cache);
      expect(distribution(snapshot, 'demo').files.find(file => file.path === 'demo.py')?.sha256).toBe(
        sha256('one = 2\n')
      );
      expect(findings(snapshot, 'patched-file')).toEqual([expect.objectContaining({ subject: 'demo.py' })]);
    }
  );

  it('shows another file moved into its place, as old and as long', async () => {
    tree(site, { 'demo.py': 'one = 1\n', 'other.py': 'one = 3\n' });
    untilNextTick(root);
    handMade(site, 'demo', '1.0', {}, row('demo.py', 'one = 1\n'));
    untilNextTick(root);
    renameSync(join(site, 'other.py'), join(site, 'demo.py'));
    expect((await fileOf('demo.py'))?.sha256).toBe(sha256('one = 3\n'));
  });

  it('follows a link to the content, also when the link is pointed elsewhere later', async () => {
    tree(root, { 'target-a.py': 'one = 1\n', 'target-b.py': 'one = 4\n' });
    symlinkSync(join(root, 'target-a.py'), join(site, 'demo.py'));
    untilNextTick(root);
    handMade(site, 'demo', '1.0', {}, row('demo.py', 'one = 1\n'));
    expect((await fileOf('demo.py'))?.sha256).toBe(sha256('one = 1\n'));
    rmSync(join(site, 'demo.py'));
    symlinkSync(join(root, 'target-b.py'), join(site, 'demo.py'));
    expect((await fileOf('demo.py'))?.sha256).toBe(sha256('one = 4\n'));
  });

  it('is right for a file that is hard-linked from an installer’s cache', async () => {
    tree(root, { [`cached ${count}.py`]: 'one = 1\n' });
    linkSync(join(root, `cached ${count}.py`), join(site, 'demo.py'));
    handMade(site, 'demo', '1.0', {}, row('demo.py', 'one = 1\n'));
    untilNextTick(root);
    linkSync(join(root, `cached ${count}.py`), join(root, `second environment ${count}.py`));
    const snapshot = await snap(venv, cache);
    expect(distribution(snapshot, 'demo').files.map(file => file.sha256)).toContain(sha256('one = 1\n'));
    expect(snapshot.findings).toEqual([]);
  });

  it('carries the execute bit, and survives a damaged store', async () => {
    tree(site, { 'run.sh': '#!/bin/sh\n' });
    chmodSync(join(site, 'run.sh'), 0o755);
    handMade(site, 'demo', '1.0', {}, 'run.sh,,\n');
    untilNextTick(root);
    expect((await fileOf('run.sh'))?.executable).toBe(true);
    const name = `${sha256(join(site, 'demo'))}.json`;
    const stored = await (await Cache.open(cache)).hint('hashes', name);
    expect(JSON.parse(String(stored))).toHaveProperty(['files', join(site, 'run.sh')]);
    writeFileSync((await Cache.open(cache)).path('hashes', name), '{"schema": 1, "files": {"x": [1]');
    expect((await fileOf('run.sh'))?.sha256).toBe(sha256('#!/bin/sh\n'));
  });
});

describe('a snapshot', () => {
  it('is the same twice, reports every file and stops when it is told to', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `f${index}.py`);
    tree(site, Object.fromEntries(names.map(name => [name, name])));
    handMade(site, 'demo', '1.0', {}, names.map(name => row(name, name)).join(''));
    expect(await snap(venv, cache)).toEqual(await snap(venv, cache));

    const progress: [number, number][] = [];
    const controller = new AbortController();
    const options = { python: venv, cache: await Cache.open(cache), signal: controller.signal };
    await takeSnapshot({ ...options, onProgress: (done, total) => progress.push([done, total]) });
    expect(progress.at(-1)).toEqual([300, 300]);

    const stopped = takeSnapshot({ ...options, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toHaveProperty('name', 'AbortError');
  });
});
