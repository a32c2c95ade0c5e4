/** docs/benchmarks.md: the page's prose stands there; tables, plots and machine are filled in between its marks. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { paths, pythonOf } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { bytes, seconds } from '../lib/terminal.mjs';
import { lockedVenv } from './environments.mjs';
import { BEFORE_AFTER } from './parts/before-after.mjs';
import { cellsOf, inMs, verdictTable } from './report.mjs';
import { findingsIn } from './results.mjs';

/** What the page shows. */
export const PAGE_RESULTS = join(paths.root, 'docs', 'benchmarks', 'results.json');

/** Each figure, and what it shows for who cannot see it. */
const FIGURES = /** @type {const} */ ({
  contenders: 'Bars: how long each tool takes cold, when nothing changed, and after one tiny package was added',
  growth: 'Lines: time of a ship when nothing changed and when one line was edited, by files, bytes and distributions',
  memory: 'Dots: peak memory of the sidecar by size of the environment, and the limit of 250 MB',
  upload: 'Lines: upload rate by parts in flight, with and without added latency, beside lib-storage',
  'first-task': 'Bars: the first task on executors as ratio to a virtual environment that is on the node'
});

/**
 * Draws the plots; removes those of earlier benchmarks from the folder.
 *
 * @param {import('./results.mjs').Findings} findings
 * @param {string} folder that gets the SVG files
 */
export async function drawPlots(findings, folder) {
  const venv = await lockedVenv('plot', ['bench-plot']);
  const script = join(paths.root, 'scripts', 'bench', 'plot.py');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'findings.json');
  writeFileSync(file, JSON.stringify(findings));
  await run(pythonOf(venv), [script, file, folder], { stdout: 'capture' });
  rmSync(file);
}

/**
 * Writes docs/benchmarks/results.json and the plots beside it, and fills docs/benchmarks.md.
 *
 * @param {string} output the results that a benchmark wrote
 */
export async function writePage(output) {
  const folder = dirname(PAGE_RESULTS);
  const page = join(paths.root, 'docs', 'benchmarks.md');
  /** @type {import('./results.mjs').ResultsFile} */
  const file = JSON.parse(readFileSync(output, 'utf8'));
  await drawPlots(findingsIn(file), folder);
  writeFileSync(PAGE_RESULTS, `${JSON.stringify(file, null, 2)}\n`);
  writeFileSync(page, filled(readFileSync(page, 'utf8'), sectionsOf(file, readdirSync(folder))));
}

/**
 * @param {import('./results.mjs').ResultsFile} file
 * @param {readonly string[]} drawn names of the plots' files
 * @returns {Record<string, string>} each section of the page
 */
export function sectionsOf(file, drawn) {
  const findings = findingsIn(file);
  /** @type {Record<string, string>} */
  const sections = {
    machine: machineText(file),
    targets: targetsTable(findings),
    measured: measuredTable(findings),
    'before-after': beforeAfterTable(findings),
    growth: growthTable(findings),
    'left-out': findings.leftOut.map(text => `- Left out: ${text}.`).join('\n')
  };
  for (const [name, description] of Object.entries(FIGURES)) {
    sections[name === 'growth' ? 'growth-plot' : name] = drawn.includes(`${name}-light.svg`)
      ? picture(name, description)
      : '*Not measured in this run.*';
  }
  return sections;
}

/**
 * @param {string} page
 * @param {Record<string, string>} sections what comes between `<!-- name -->` and `<!-- /name -->`
 * @returns {string}
 * @throws {Error} when the page lacks a mark
 */
export function filled(page, sections) {
  return Object.entries(sections).reduce((text, [name, content]) => {
    const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [start, end] = [text.indexOf(from), text.indexOf(to)];
    if (start < 0 || end < start) {
      throw new Error(`The page has no place for '${name}': it needs ${from} and ${to}.`);
    }
    return `${text.slice(0, start + from.length)}\n${content}${content === '' ? '' : '\n'}${text.slice(end)}`;
  }, page);
}

/**
 * @param {string} name
 * @param {string} description
 */
function picture(name, description) {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="benchmarks/${name}-dark.svg">`,
    `  <img alt="${description}" src="benchmarks/${name}-light.svg">`,
    '</picture>'
  ].join('\n');
}

/** @param {import('./results.mjs').ResultsFile} file */
function machineText({ machine, parts }) {
  const { cpu, cores, memory, os, node, python } = machine;
  const where = `${cores} cores of ${cpu}, ${memory} of memory, ${os}, Node.js ${node}, Python ${python}`;
  const runs = new Set(Object.values(parts).map(({ command, date }) => `\`${command}\` on ${date}`));
  return `Measured by ${[...runs].join(', ')}: ${where}.`;
}

/** @param {import('./results.mjs').Findings} findings */
function targetsTable({ verdicts }) {
  const ofThePage = verdicts.filter(({ what }) => !what.startsWith(BEFORE_AFTER));
  return markdown(...verdictTable(ofThePage, { met: 'met', missed: '**missed**' }));
}

/**
 * The two wheels of each case in one row.
 *
 * @param {import('./results.mjs').Findings} findings
 */
function beforeAfterTable({ rows }) {
  const cases = new Map(rows.filter(isBeforeAfter).map(({ part }) => [part, rows.filter(row => row.part === part)]));
  return markdown(
    ['what', 'before', 'now', 'ratio'],
    [...cases].map(([part, wheels]) => {
      const [before = NaN, now = NaN] = ['before', 'now'].map(who => wheels.find(({ what }) => what === who)?.median);
      return [part.slice(BEFORE_AFTER.length), inMs(before), inMs(now), `${(now / before).toFixed(2)} ×`];
    })
  );
}

/** @param {import('./results.mjs').Row} row */
function isBeforeAfter({ part }) {
  return part.startsWith(BEFORE_AFTER);
}

/** @param {import('./results.mjs').Findings} findings */
function measuredTable({ rows }) {
  return markdown(['what', 'who', 'minimum', 'median', 'runs'], cellsOf(rows.filter(row => !isBeforeAfter(row))));
}

/** @param {import('./results.mjs').Findings} findings */
function growthTable({ growth }) {
  return markdown(
    ['distributions', 'files', 'size', 'nothing changed', 'one line edited', 'cold', 'peak memory'],
    growth.map(point => [
      String(point.distributions),
      String(point.files),
      bytes(point.bytes),
      inMs(point.unchangedMs),
      inMs(point.editedMs),
      seconds(point.coldMs),
      bytes(point.peakBytes)
    ])
  );
}

/**
 * @param {readonly string[]} header
 * @param {readonly (readonly string[])[]} rows
 */
function markdown(header, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.map(cell => cell.trim()).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
