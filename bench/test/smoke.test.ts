/** The benchmark runs, and its counts are right. Times are not tested. */
// needs: wheel, s3
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../scripts/lib/paths.mjs';
import { projectEnvironment } from '../../scripts/setup/index.mjs';
import { filled, sectionsOf } from '../src/report/page.js';
import { findingsIn, type Findings, type ResultsFile, type Row } from '../src/report/results.js';
import { runTypeScript } from '../typescript.mjs';

const MIB = 1024 ** 2;

let folder: string;
let file: ResultsFile;
let findings: Findings;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ship-env-bench-test-'));
  const output = join(folder, 'results.json');
  const wheel =
    process.env['SHIP_ENV_WHEEL'] ??
    join(paths.dist, readdirSync(paths.dist).find(name => name.endsWith('.whl')) ?? '');
  const env = { ...projectEnvironment(), SHIP_ENV_WHEEL: wheel };
  // The same wheel is used as the earlier one.
  const args = ['--smoke', '--against', wheel, '--output', output];
  await runTypeScript('main.ts', args, { env, stdout: 'capture' });
  file = JSON.parse(readFileSync(output, 'utf8')) as ResultsFile;
  findings = findingsIn(file);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function found(part: string, what: string, unit: Row['unit']): number {
  return findings.rows.find(row => row.part === part && row.what === what && row.unit === unit)?.median ?? Number.NaN;
}

it('ships the whole artifact when it is cold', () => {
  expect(found('cold, generated', 'ship-env, shipped', 'bytes')).toBeGreaterThan(18e6);
});

it('sends a few requests when nothing changed', () => {
  expect(found('nothing changed, generated', 'ship-env, sent', 'bytes')).toBeLessThan(0.05 * MIB);
});

it('sends the package that was added, and copies the rest on the store', () => {
  const part = 'tiny package, generated';
  const cold = found('cold, generated', 'ship-env, shipped', 'bytes');
  const copied = found(part, 'ship-env, copied on the store', 'bytes');
  expect(found(part, 'ship-env, reused', 'segments')).toBe(4);
  // The bytes after the segments are new: index and central directory.
  expect(copied).toBeGreaterThan(0.99 * cold);
  expect(copied).toBeLessThanOrEqual(cold);
  expect(found(part, 'ship-env, sent', 'bytes')).toBeGreaterThan(1000);
  expect(found(part, 'ship-env, sent', 'bytes')).toBeLessThan(0.02 * cold);
});

it('ships an archive, sends what was added to it, and imports from what a tar unpacked', () => {
  const part = 'archive, tiny package, generated';
  const size = found('archive, cold, generated', 'ship-env', 'bytes');
  expect(size).toBeGreaterThan(18e6);
  expect(found(part, 'ship-env, sent', 'bytes')).toBeLessThan(0.05 * size);
  expect(found('archive, first import of bench_0000, generated', 'ship-env', 'ms')).toBeGreaterThan(0);
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
  const upload = 'upload of the artifact, generated, segments in the cache';
  expect(found(upload, 'lib-storage', 'bytes/s')).toBeGreaterThan(0);
});

it('measures an earlier wheel beside', () => {
  const cases = [
    'cold',
    'the first of a machine, all is on the target',
    'cold, modules not compiled',
    'nothing changed, process',
    'nothing changed, sidecar',
    'one line edited, sidecar',
    'tiny package, sidecar',
    'first start on a node',
    'later start on a node'
  ];
  const rows = file.parts['before-after']?.rows.map(({ part, what, runs }) => [part, what, runs]);
  expect(rows).toEqual(
    cases.flatMap(name => ['before', 'now'].map(what => [`before and after, ${name}, generated`, what, 1]))
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
  expect(text).toMatch(/^\| cold, generated \| \d+ ms \| \d+ ms \| \d+\.\d\d × \|$/mu);
});

it('tells the machine, and neither its name nor a path', () => {
  expect(file.machine).toMatchObject({ python: expect.stringMatching(/^3\./u), node: process.versions.node });
  expect(JSON.stringify(file)).not.toContain(paths.root);
});
