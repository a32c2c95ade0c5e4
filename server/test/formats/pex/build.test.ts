import { createHash, randomBytes } from 'node:crypto';
import { appendFile, copyFile, mkdir, open, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zip64Findings } from '../../../src/formats/pex/zip64-finding.js';
import { pexPlanOf } from '../../../src/formats/pex/plan.js';
import { headOf } from '../../../src/formats/pex/head.js';
import { LAYOUT } from '../../../src/formats/pex/header.js';
import { tailOf } from '../../../src/formats/pex/tail.js';
import { readSegment } from '../../../src/content/segments/segment-index.js';
import { Cache } from '../../../src/system/cache/cache.js';
import { manifest } from '../../../src/contract/manifest.js';
import type { Distribution } from '../../../src/contract/snapshot.js';
import { INTERPRETER, NEVER, Workshop, handMade, snapshotOf, buildArtifact } from '../fixtures.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.remove());

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

async function emptyCache(name: string): Promise<Cache> {
  return Cache.open(workshop.path(name));
}

/** A distribution with a file that takes a while: `bytes` of noise, written without holding them. */
async function large(site: string, name: string, bytes: number): Promise<Distribution> {
  const distribution = await handMade(site, name, { [`${name}.bin`]: '' });
  const hash = createHash('sha256');
  const handle = await open(`${site}/${name}.bin`, 'w');
  try {
    // Half of each megabyte is noise, so that deflate has work and its result has weight.
    for (let at = 0; at < bytes; at += 1 << 20) {
      const piece = Buffer.concat([randomBytes(1 << 19), Buffer.alloc(1 << 19, `line ${at}\n`)]);
      hash.update(piece);
      await handle.write(piece);
    }
  } finally {
    await handle.close();
  }
  const files = distribution.files.map(file =>
    file.path === `${name}.bin` ? { ...file, size: bytes, sha256: hash.digest('hex') } : file
  );
  return { ...distribution, files };
}

describe('the same environment', () => {
  test('gives the same bytes, whoever installed it, wherever it lies, from whatever cache', async () => {
    const requirements = ['markupsafe==3.0.2', 'idna==3.10', await workshop.wheel()];
    const byPip = await workshop.build(await workshop.venv('pip', 'pip', requirements), 'pip.pex');
    const byUv = await workshop.build(
      await workshop.venv('a much longer path, with spaces and ümlauts', 'uv', requirements),
      'uv.pex'
    );
    expect(byUv.plan.id).toBe(byPip.plan.id);
    const again = await buildArtifact(byUv.plan, { cache: await emptyCache('cache-uv'), signal: NEVER });
    expect(again.builtSegments).toBe(3);
    const { path } = byPip;
    expect(sha256(await buffer(again.payload.open()))).toBe(sha256(await readFile(path)));
    expect(await buffer(again.manifestPayload.open())).toEqual(await buffer(byPip.built.manifestPayload.open()));
  });
});

describe('identity', () => {
  test('changes with content, execute bit, settings, python and seed; not with what stays home', async () => {
    const site = workshop.path('identity');
    const one = await handMade(site, 'one', { 'one.txt': '1\n' });
    const spark = { ...(await handMade(site, 'pyspark', { 'pyspark/x.py': '' })), version: '4.0.0' };
    const base = await workshop.plan(snapshotOf([one, spark]));
    const patched = (changes: object): Distribution => ({
      ...one,
      files: one.files.map(file => (file.path === 'one.txt' ? { ...file, ...changes } : file))
    });
    const ids = await Promise.all(
      [
        workshop.plan(snapshotOf([patched({ sha256: '0'.repeat(64) }), spark])),
        workshop.plan(snapshotOf([patched({ executable: true }), spark])),
        workshop.plan(snapshotOf([patched({ path: 'two.txt' }), spark])),
        workshop.plan(snapshotOf([one, spark], { ...INTERPRETER, minor: '3.12' })),
        workshop.plan(snapshotOf([one, spark], { ...INTERPRETER, platformTag: 'linux_aarch64' })),
        workshop.plan(snapshotOf([one, spark]), { excludes: ['One'] }),
        workshop.plan(snapshotOf([one, spark]), { includeSpark: true }),
        workshop.plan(snapshotOf([one, spark]), { seed: { ...workshop.seed, modules: [] } }),
        workshop.plan(snapshotOf([one, spark]), { seed: { ...workshop.seed, main: `${workshop.seed.main}#` } }),
        workshop.plan(snapshotOf([one, spark]), { seed: { ...workshop.seed, node: [] } })
      ].map(async plan => (await plan).id)
    );
    expect(new Set([base.id, ...ids]).size).toBe(ids.length + 1);
    expect(base.id).toMatch(/^env-[0-9a-f]{20}$/);
    const other = snapshotOf([one, { ...spark, version: '4.1.0', files: [] }], { ...INTERPRETER, prefix: '/other' });
    expect((await workshop.plan(other)).id).toBe(base.id);
    const unmatched = await workshop.plan(snapshotOf([one, spark]), { excludes: ['No_Such', 'pyspark'] });
    expect(unmatched.id).toBe(base.id);
    expect(unmatched.findings).toEqual([expect.objectContaining({ kind: 'unmatched-exclude', subject: 'No_Such' })]);
  });

  test('an environment with nothing but editables gives an artifact with the runtime', async () => {
    const python = workshop.path('empty', 'bin', 'python');
    await execa('uv', ['--quiet', 'venv', workshop.path('empty')]);
    const made = await workshop.build(python, 'empty.pex');
    const { stdout } = await execa(made.path, ['-c', 'import ship_env_runtime; print("here")'], {
      env: workshop.nodeEnvironment('node-empty'),
      extendEnv: false
    });
    expect(stdout).toBe('here');
  });
});

describe('the manifest', () => {
  test('says where each segment is, and of what', async () => {
    const site = workshop.path('manifest');
    const distributions = [
      await handMade(site, 'small', { 'small.py': 's' }),
      await handMade(site, 'bigger', { 'bigger.py': 'b'.repeat(5000) })
    ];
    const { built, path, plan } = await workshop.assemble(snapshotOf(distributions), 'manifest.pex');
    const file = await readFile(path);
    const parsed = manifest.parse(JSON.parse((await buffer(built.manifestPayload.open())).toString()));
    expect(parsed).toEqual(built.manifest);
    expect(parsed.artifact).toEqual({ name: `${plan.id}.pex`, bytes: file.length, sha256: sha256(file) });
    expect(parsed.segments.map(({ name }) => name)).toEqual(['bigger', 'small']);
    for (const { offset, length, sha256: expected, wheel } of parsed.segments) {
      const range = file.subarray(offset, offset + length);
      expect(sha256(range)).toBe(expected);
      expect(range.readUInt32LE(0)).toBe(0x04034b50);
      expect(range.subarray(30, 30 + 6 + wheel.length).toString()).toBe(`.deps/${wheel}`);
      expect(sha256(await buffer(built.payload.open({ start: offset, end: offset + length })))).toBe(expected);
    }
  });
});

describe('the head', () => {
  test('is the same whatever the environment holds, and the segments follow it without a gap', async () => {
    const site = workshop.path('head');
    const one = await handMade(site, 'one', { 'one.py': '1\n' });
    const two = await handMade(site, 'two', { 'two.py': '2\n'.repeat(5000) });
    const made = [
      await workshop.assemble(snapshotOf([one]), 'head-1.pex'),
      await workshop.assemble(snapshotOf([one, two]), 'head-2.pex')
    ];
    const [first, second] = made.map(({ built }) => built.manifest.head);
    expect(first).toEqual(second);
    for (const { path, built } of made) {
      const { head, segments } = built.manifest;
      expect(sha256((await readFile(path)).subarray(0, head.length))).toBe(head.sha256);
      expect(segments.map(({ offset }) => offset)).toEqual(
        segments.map((_, at) => segments.slice(0, at).reduce((sum, { length }) => sum + length, head.length))
      );
    }
  });
});

test('the last bytes of an artifact are its id, where the header and every zip tool find it', async () => {
  const one = await handMade(workshop.path('comment'), 'one', { 'one.py': '1\n' });
  const { path, plan } = await workshop.assemble(snapshotOf([one]), 'comment.pex');
  const code = 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).comment.decode())';
  expect((await execa('python', ['-c', code, path])).stdout).toBe(`ship-env:${plan.id}`);
  expect((await execa('tail', ['-c', '24', path])).stdout).toBe(plan.id);
});

describe('the cache', () => {
  test('gives the artifact back, and its segments to the next one', async () => {
    const site = workshop.path('reuse');
    const [one, two] = [await handMade(site, 'one', { 'one.py': '1' }), await handMade(site, 'two', { 'two.py': '2' })];
    const cache = await emptyCache('cache-reuse');
    const first = await buildArtifact(await workshop.plan(snapshotOf([one])), { cache, signal: NEVER });
    expect([first.builtSegments, first.reusedSegments]).toEqual([1, 0]);
    const plan = await workshop.plan(snapshotOf([one, two]));
    const second = await buildArtifact(plan, { cache, signal: NEVER });
    expect([second.builtSegments, second.reusedSegments]).toEqual([1, 1]);
    await rm(site, { recursive: true });
    const third = await buildArtifact(plan, { cache, signal: NEVER });
    expect([third.builtSegments, third.reusedSegments]).toEqual([0, 2]);
    expect(third.manifest).toEqual(second.manifest);
  });

  test('knows the manifest of an artifact that it built before, and reads nothing for it', async () => {
    const one = await handMade(workshop.path('known'), 'one', { 'one.py': '1' });
    const cache = await emptyCache('cache-known');
    const plan = await workshop.plan(snapshotOf([one]));
    const { manifest: expected } = await buildArtifact(plan, { cache, signal: NEVER });
    const path = cache.path('manifests', `${plan.id}.json`);
    const remembered = await readFile(path, 'utf8');
    // Only this file has this value, so its presence proves that only the file was read.
    await writeFile(path, remembered.replace(expected.artifact.sha256, '0'.repeat(64)));
    const { artifact } = (await buildArtifact(plan, { cache, signal: NEVER })).manifest;
    expect(artifact.sha256).toBe('0'.repeat(64));
    for (const damage of ['', remembered.slice(0, 100), remembered.replace(/"offset": (\d+)/u, '"offset": 1$1')]) {
      await writeFile(path, damage);
      expect((await buildArtifact(plan, { cache, signal: NEVER })).manifest).toEqual(expected);
      expect(await readFile(path, 'utf8')).toBe(remembered);
    }
  });

  test.each(['cut short', 'changed', 'emptied'])('is not believed when a segment was %s', async damage => {
    const one = await handMade(workshop.path(`damaged ${damage}`), 'one', { 'one.py': randomBytes(5000) });
    const cache = await emptyCache(`cache-damaged ${damage}`);
    const plan = await workshop.plan(snapshotOf([one]));
    const whole = await buildArtifact(plan, { cache, signal: NEVER });
    const expected = await buffer(whole.payload.open());
    const path = cache.path('segments', plan.content.segments[0]?.key ?? '');
    const content = await readFile(path);
    content.writeUInt8(content.readUInt8(2000) ^ 1, 2000);
    await writeFile(path, { 'cut short': content.subarray(0, 3000), changed: content, emptied: '' }[damage] ?? '');
    await rm(cache.path('manifests', `${plan.id}.json`));
    const again = await buildArtifact(plan, { cache, signal: NEVER });
    expect(again.manifest).toEqual(whole.manifest);
    expect((await buffer(again.payload.open())).equals(expected)).toBe(true);
  });

  test('builds once for two who ask at once, each with a cache object of its own', async () => {
    const site = workshop.path('twice');
    const plan = await workshop.plan(snapshotOf([await large(site, 'slow', 20 << 20)]));
    const outcomes = await Promise.all(
      [1, 2].map(async () => buildArtifact(plan, { cache: await emptyCache('cache-twice'), signal: NEVER }))
    );
    expect(outcomes.map(({ builtSegments }) => builtSegments).sort()).toEqual([0, 1]);
    expect(outcomes[0]?.manifest).toEqual(outcomes[1]?.manifest);
  });
});

describe('a file of the environment', () => {
  test('that was patched ships patched', async () => {
    const python = await workshop.venv('patched', 'uv', ['idna==3.10']);
    const before = await workshop.build(python, 'before.pex');
    await appendFile(
      workshop.path('patched/lib', `python${before.plan.content.interpreter.minor}`, 'site-packages/idna/__init__.py'),
      '\nPATCHED = 1\n'
    );
    const after = await workshop.build(python, 'after.pex');
    expect(after.plan.id).not.toBe(before.plan.id);
    const run = await execa(after.path, ['-c', 'import idna; print(idna.PATCHED)'], {
      env: workshop.nodeEnvironment('node-patched'),
      extendEnv: false
    });
    expect(run.stdout).toBe('1');
  });

  test.each([
    ['small', 1000, 'sm.bin'],
    ['large', 3 << 20, 'lg.bin']
  ])('that changes after the snapshot stops the build, when it is %s', async (kind, size, name) => {
    const site = workshop.path(`changed-${kind}`);
    const distribution = await handMade(site, 'one', { [name]: randomBytes(size) });
    const plan = await workshop.plan(snapshotOf([distribution]));
    const cache = await emptyCache(`cache-changed-${kind}`);
    const attempt = (): Promise<unknown> => buildArtifact(plan, { cache, signal: NEVER });
    const expected = { code: 'ARTIFACT_FILE_CHANGED', message: expect.stringContaining(`${site}/${name}`) };
    await copyFile(`${site}/${name}`, `${site}/saved`);
    await writeFile(`${site}/${name}`, randomBytes(size));
    await expect(attempt()).rejects.toMatchObject(expected);
    await truncate(`${site}/${name}`, size - 1);
    await expect(attempt()).rejects.toMatchObject(expected);
    await copyFile(`${site}/saved`, `${site}/${name}`);
    await appendFile(`${site}/${name}`, 'x');
    await expect(attempt()).rejects.toMatchObject(expected);
    await rm(`${site}/${name}`);
    await expect(attempt()).rejects.toMatchObject(expected);
    expect(await readdir(`${cache.root}/tmp`)).toEqual([]);
    await copyFile(`${site}/saved`, `${site}/${name}`);
    await attempt();
  });
});

test('an abort stops at once and leaves nothing', async () => {
  const site = workshop.path('abort');
  const plan = await workshop.plan(
    snapshotOf([await large(site, 'one', 200 << 20), await large(site, 'two', 200 << 20)])
  );
  const cache = await emptyCache('cache-abort');
  const controller = new AbortController();
  let [done, total] = [0, 1];
  const building = buildArtifact(plan, {
    cache,
    signal: controller.signal,
    onProgress: ({ doneBytes, totalBytes }) => {
      [done, total] = [doneBytes, totalBytes];
      if (doneBytes > 5 << 20) controller.abort();
    }
  });
  await expect(building).rejects.toMatchObject({ name: 'AbortError' });
  // Work under way may come to its end, but no new work begins.
  expect(done).toBeLessThan(total / 4);
  expect(await readdir(`${cache.root}/tmp`)).toEqual([]);
  expect(await readdir(cache.root)).not.toContain('segments');
  expect(await readdir(`${cache.root}/locks`)).toEqual([]);
});

test('memory stays small beside a 400 MB environment', async () => {
  const site = workshop.path('memory');
  const distributions = [await large(site, 'one', 300 << 20), await large(site, 'two', 100 << 20)];
  await writeFile(workshop.path('memory.json'), JSON.stringify(snapshotOf(distributions)));
  const source = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
  const outdir = workshop.path('measure');
  await bundle({
    entryPoints: { measure: source('./measure.ts'), thread: source('../../../src/content/segments/threads/thread.ts') },
    outdir,
    outExtension: { '.js': '.mjs' },
    // Like the real bundle, which has the program of the threads beside it.
    define: { SHIP_ENV_BUILD: '"measured"' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }
  });
  const modules = fileURLToPath(new URL('../../../../jupyterlab_ship_env/runtime', import.meta.url));
  const { stdout } = await execa('node', [
    `${outdir}/measure.mjs`,
    workshop.path('memory.json'),
    workshop.path('cache-memory'),
    workshop.path('seed.pex'),
    modules
  ]);
  const { grownKiB, builtSegments } = JSON.parse(stdout);
  expect(builtSegments).toBe(2);
  expect(grownKiB).toBeLessThan(150 * 1024);
});

test('70,000 files: zip64 that python, unzip and zipinfo read, and that boots', async () => {
  const site = workshop.path('many');
  const files = Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`many/d${n % 100}/f${n}.txt`, `${n}`]));
  const distribution = await handMade(site, 'many', { ...files, 'many/__init__.py': '' });
  const { path, built } = await workshop.assemble(snapshotOf([distribution]), 'many.pex');
  const code =
    'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(len(z.namelist()), z.testzip(), z.read(".deps/many-1.0-py3-none-any.whl/many/d99/f69999.txt"))';
  const { stdout } = await execa('python', ['-c', code, path]);
  if (built.manifest.format !== 'pex') throw new Error('it is a PEX');
  expect(stdout).toBe(`${built.manifest.entries} None b'69999'`);
  expect(zip64Findings(built.manifest)).toMatchObject([{ kind: 'zip64-artifact', subject: built.payload.name }]);
  expect((await execa('unzip', ['-tq', path])).stdout).toContain('No errors detected');
  expect((await execa('zipinfo', ['-h', path])).stdout).toMatch(/number of entries: 70\d{3}/);
  const info = await execa('pex-tools', [path, 'info'], { env: { PEX_ROOT: workshop.path('many-root') } });
  expect(info.stderr).toBe('');
  // A module of that name in the working directory must not get in the way of the boot code.
  await mkdir(workshop.path('container'));
  await writeFile(workshop.path('container', 'tempfile.py'), 'raise SystemExit("the wrong tempfile")\n');
  const run = async (variables: Record<string, string> = {}): Promise<string> => {
    const program = `import many, os, sys; print(len(os.listdir(os.path.dirname(many.__file__) + "/d7")), sys.argv, "${LAYOUT}" in sys.executable)`;
    const env = { ...workshop.nodeEnvironment('node-many'), ...variables };
    const options = { env, extendEnv: false, cwd: workshop.path('container') };
    return (await execa(path, ['-c', program, 'a b'], options)).stdout;
  };
  expect(await run()).toBe("700 ['-c', 'a b'] True");
  expect(await run()).toBe("700 ['-c', 'a b'] True");
  // As an ordinary PEX, which Python cannot read without our help.
  const ordinary = { PEX_EXTRA_SYS_PATH: '/nowhere' };
  expect(await run(ordinary)).toBe("700 ['-c', 'a b'] False");
  expect(await run(ordinary)).toBe("700 ['-c', 'a b'] False");
}, 600_000);

test('an artifact of more than 4 GiB starts', async () => {
  const site = workshop.path('far');
  const distribution = await handMade(site, 'far', { 'far.py': 'VALUE = 1\n', 'far.bin': randomBytes(1000) });
  const { plan, built } = await workshop.assemble(snapshotOf([distribution]), 'near.pex');
  const [row] = built.manifest.segments;
  const segment = await readSegment(workshop.cache.path('segments', row?.key ?? ''));
  const [planned] = plan.content.segments;
  if (row === undefined || planned === undefined || segment === undefined) throw new Error('there is one segment');
  const pex = pexPlanOf(plan.content, workshop.seed);
  const head = headOf(pex);
  // The segment comes after a hole, which stands for other segments.
  const offset = 5 * 2 ** 30;
  const { directory, entryCount } = segment;
  const placed = { planned, offset, length: row.length, directory, entryCount };
  const path = workshop.path('far.pex');
  const file = await open(path, 'w', 0o755);
  try {
    await file.write(head.bytes, 0, head.bytes.length, 0);
    await file.write(await buffer(built.payload.open({ start: row.offset, end: row.offset + row.length })), {
      position: offset
    });
    await file.writev(tailOf(pex, head, [placed], offset + row.length), offset + row.length);
  } finally {
    await file.close();
  }
  const options = { env: workshop.nodeEnvironment('node-far'), extendEnv: false, cwd: workshop.folder };
  const program = `import far, ship_env_runtime, sys; print(far.VALUE, "${LAYOUT}" in sys.executable)`;
  expect((await execa(path, ['-c', program], options)).stdout).toBe('1 True');
  const code =
    'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.read(".deps/far-1.0-py3-none-any.whl/far.bin")))';
  expect((await execa('python', ['-c', code, path])).stdout).toBe('None 1000');
  await rm(path);
});
