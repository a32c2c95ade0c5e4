/** What is large: memory, the time until an abort, and zips that need zip64. */
import { randomBytes } from 'node:crypto';
import { cp, mkdir, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { zip64Findings } from '../../../src/formats/pex/zip64-finding.js';
import { pexPlanOf } from '../../../src/formats/pex/plan.js';
import { headOf } from '../../../src/formats/pex/head.js';
import { LAYOUT } from '../../../src/formats/node-start.js';
import { tailOf } from '../../../src/formats/pex/tail.js';
import { readSegment } from '../../../src/content/segments/segment-index.js';
import { Workshop, handMade, large, snapshotOf, buildArtifact } from '../fixtures.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.remove());

test('an abort stops at once and leaves nothing', async () => {
  const site = workshop.path('abort');
  const plan = await workshop.plan(
    snapshotOf([await large(site, 'one', 200 << 20), await large(site, 'two', 200 << 20)])
  );
  const cache = await workshop.emptyCache('cache-abort');
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
  // The bundle for the measurement has none of our modules beside it.
  const modules = workshop.path('modules');
  const sources = fileURLToPath(new URL('../../../../jupyterlab_ship_env', import.meta.url));
  await cp(join(sources, 'runtime'), modules, { recursive: true });
  await symlink(sources, join(modules, 'jupyterlab_ship_env'));
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
