/** The benchmark runs, and its counts are right: of times, nothing is said here. */
// needs: wheel
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateWheel, makeVenv, writeDistribution } from '../bench/generate.mjs';
import { interleaved, median, minimum, slope } from '../bench/measure.mjs';
import { filled, sectionsOf } from '../bench/page.mjs';
import { Proxy } from '../bench/proxy.mjs';
import { findingsIn, merged } from '../bench/results.mjs';
import { paths, pythonOf } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { projectEnvironment } from '../setup/index.mjs';
import { uv } from '../setup/python.mjs';

const MIB = 1024 ** 2;
/** @type {string} */
let folder;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ship-env-bench-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a smoke run', () => {
  /** @type {import('../bench/results.mjs').ResultsFile} */
  let file;
  /** @type {import('../bench/results.mjs').Findings} */
  let findings;
  beforeAll(async () => {
    const output = join(folder, 'results.json');
    const wheel =
      process.env['SHIP_ENV_WHEEL'] ??
      join(paths.dist, readdirSync(paths.dist).find(name => name.endsWith('.whl')) ?? '');
    const env = { ...projectEnvironment(), SHIP_ENV_WHEEL: wheel };
    const program = join(paths.root, 'scripts', 'bench', 'main.mjs');
    await run('node', [program, '--smoke', '--output', output], { env, stdout: 'capture' });
    file = JSON.parse(readFileSync(output, 'utf8'));
    findings = findingsIn(file);
  }, 300_000);

  /**
   * @param {string} part
   * @param {string} what
   * @param {string} unit
   */
  const found = (part, what, unit) =>
    findings.rows.find(row => row.part === part && row.what === what && row.unit === unit)?.median ?? Number.NaN;

  it('ships the whole artifact when it is cold', () => {
    expect(found('cold, generated', 'ship-env, shipped', 'bytes')).toBeGreaterThan(18e6);
  });

  it('sends a few requests when nothing changed', () => {
    expect(found('nothing changed, generated', 'ship-env, sent', 'bytes')).toBeLessThan(0.05 * MIB);
  });

  it('sends the package that was added, and copies the rest on the store', () => {
    const part = 'tiny package, generated';
    const [cold, copied] = [
      found('cold, generated', 'ship-env, shipped', 'bytes'),
      found(part, 'ship-env, copied on the store', 'bytes')
    ];
    expect(found(part, 'ship-env, reused', 'segments')).toBe(4);
    // What is behind the segments is new: index, central directory.
    expect(copied).toBeGreaterThan(0.99 * cold);
    expect(copied).toBeLessThanOrEqual(cold);
    expect(found(part, 'ship-env, sent', 'bytes')).toBeGreaterThan(1000);
    expect(found(part, 'ship-env, sent', 'bytes')).toBeLessThan(0.02 * cold);
  });

  it('sends the code archive and a few requests when one line was edited', () => {
    const archive = found('one line edited, generated', 'ship-env, code archive', 'bytes');
    const sent = found('one line edited, generated', 'ship-env, sent', 'bytes');
    expect(sent).toBeGreaterThan(archive);
    expect(sent).toBeLessThan(archive + 0.05 * MIB);
  });

  it('measures growth, memory and upload', () => {
    expect(findings.growth).toMatchObject([{ axis: 'distributions', distributions: 10, files: 2000 }]);
    expect(findings.growth[0]?.peakBytes).toBeGreaterThan(40e6);
    expect(found('upload of the artifact, generated, segments in the cache', 'lib-storage', 'bytes/s')).toBeGreaterThan(
      0
    );
  });

  it('draws what it measured, for both themes', () => {
    const drawn = readdirSync(join(folder, 'plots')).sort();
    const figures = ['contenders', 'growth', 'memory'];
    expect(drawn).toEqual(figures.flatMap(name => [`${name}-dark.svg`, `${name}-light.svg`]));
  });

  it('fills the page of the docs', () => {
    const page = readFileSync(join(paths.root, 'docs', 'benchmarks.md'), 'utf8');
    const text = filled(page, sectionsOf(file, ['growth-light.svg']));
    expect(text).toContain('| cold, generated | ship-env, shipped | ');
    expect(text).toContain('benchmarks/growth-dark.svg');
    expect(text).toContain('*Not measured in this run.*');
  });

  it('tells the machine, and neither its name nor a path', () => {
    expect(file.machine).toMatchObject({ python: expect.stringMatching(/^3\./u), node: process.versions.node });
    expect(JSON.stringify(file)).not.toContain(paths.root);
  });
});

describe('the generator', () => {
  it('makes a wheel that uv installs and python imports, and the same again', async () => {
    const plan = { name: 'bench_try', version: '1.0', files: 5, moduleBytes: 900, libraryBytes: 3 * MIB };
    const venv = join(folder, 'venv');
    await makeVenv(venv);
    const wheel = await generateWheel(folder, plan);
    await uv(['pip', 'install', '--quiet', '--python', pythonOf(venv), '--no-deps', wheel]);
    const program = 'import bench_try.part_0.module_4 as m; print(m.__doc__)';
    const { output } = await run(pythonOf(venv), ['-c', program], { stdout: 'capture' });
    expect(output).toContain('bench_try 1.0 4');
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    writeDistribution(one, plan);
    writeDistribution(other, plan);
    const record = join('bench_try-1.0.dist-info', 'RECORD');
    expect(readFileSync(join(one, record), 'utf8')).toBe(readFileSync(join(other, record), 'utf8'));
    expect(readFileSync(join(one, record), 'utf8').split('\n')).toHaveLength(10);
  });
});

describe('the proxy', () => {
  it.each([0, 100])('passes bytes on unchanged, and counts what clients send, with %i ms of delay', async delayMs => {
    const server = createServer((request, response) => {
      void text(request).then(body => response.end(body.toUpperCase()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const proxy = new Proxy(`http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`);
    proxy.delayMs = delayMs;
    const endpoint = await proxy.start();
    const body = 'abcdefgh'.repeat(MIB);
    const started = performance.now();
    const reply = await fetch(endpoint, { method: 'POST', body });
    expect(await reply.text()).toBe(body.toUpperCase());
    // There and back; a timer may fire up to a millisecond early.
    expect(performance.now() - started).toBeGreaterThanOrEqual(2 * Math.max(0, delayMs - 1));
    expect(proxy.sentBytes).toBeGreaterThan(body.length);
    expect(proxy.sentBytes).toBeLessThan(body.length + 1000);
    await proxy.stop();
    server.closeAllConnections();
    server.close();
  });
});

describe('figures', () => {
  it('come from runs that take turns', async () => {
    const order = /** @type {string[]} */ ([]);
    const one = async (/** @type {number} */ index) => order.push(`one ${index}`);
    const two = async (/** @type {number} */ index) => order.push(`two ${index}`);
    expect(await interleaved(2, { one, two })).toEqual({ one: [1, 3], two: [2, 4] });
    expect(order).toEqual(['one 0', 'two 0', 'one 1', 'two 1']);
  });

  it('are summed up right', () => {
    expect([minimum([3, 1, 2]), median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([1, 2, 2.5]);
    expect(
      slope([
        [1, 5],
        [2, 7],
        [4, 11]
      ])
    ).toBeCloseTo(2);
  });

  it('of a part that was measured anew replace the old ones, on the same machine only', () => {
    const of = (/** @type {string} */ cpu, /** @type {string[]} */ parts) => ({
      machine: { cpu },
      parts: Object.fromEntries(parts.map(name => [name, /** @type {any} */ (`${name} on ${cpu}`)]))
    });
    const now = { ...of('x', ['upload']), parts: { upload: /** @type {any} */ ('new') } };
    expect(merged(of('x', ['cold', 'upload']), now).parts).toEqual({ cold: 'cold on x', upload: 'new' });
    expect(merged(of('y', ['cold', 'upload']), now).parts).toEqual({ upload: 'new' });
  });

  it('fill the page between its marks, and only there', () => {
    const page = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n';
    expect(filled(page, { x: 'new' })).toBe('a\n<!-- x -->\nnew\n<!-- /x -->\nb\n');
    expect(filled(page, { x: '' })).toBe('a\n<!-- x -->\n<!-- /x -->\nb\n');
    expect(() => filled(page, { y: 'new' })).toThrow(/no place for 'y'/u);
  });
});
