/** docs/benchmarks.md. The page has the prose; the benchmark fills in tables, plots and the machine between marks. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { paths } from '../../../scripts/lib/paths.mjs';
import { SCALE_PAGE, computedSections, measuredLines } from '../scale/page.js';
import { FIGURES, drawPlots } from './plots.js';
import { BEFORE_AFTER, findingsIn, type Findings, type ResultsFile, type Row } from './results.js';
import { cellsOf, verdictTable } from './tables.js';
import { asBytes, asMs, asSeconds } from './units.js';

/** The results that the page shows. */
export const PAGE_RESULTS = join(paths.root, 'docs', 'benchmarks', 'results.json');

/**
 * Writes docs/benchmarks/results.json and the plots beside it, and fills docs/benchmarks.md.
 *
 * @param output - file of results from a benchmark
 */
export async function writePage(output: string): Promise<void> {
  const folder = dirname(PAGE_RESULTS);
  const page = join(paths.root, 'docs', 'benchmarks.md');
  const file = JSON.parse(readFileSync(output, 'utf8')) as ResultsFile;
  await drawPlots(findingsIn(file), folder);
  writeFileSync(PAGE_RESULTS, `${JSON.stringify(file, null, 2)}\n`);
  writeFileSync(page, filled(readFileSync(page, 'utf8'), sectionsOf(file, readdirSync(folder))));
  const { scale } = findingsIn(file);
  const measured: Record<string, string> = scale.length === 0 ? {} : { measured: measuredLines(scale).join('\n') };
  writeFileSync(SCALE_PAGE, filled(readFileSync(SCALE_PAGE, 'utf8'), { ...computedSections(), ...measured }));
}

/**
 * @param drawn - names of the plot files
 * @returns the content of each section of the page
 */
export function sectionsOf(file: ResultsFile, drawn: readonly string[]): Record<string, string> {
  const findings = findingsIn(file);
  const sections: Record<string, string> = {
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
 * @param sections - by name, the text between `<!-- name -->` and `<!-- /name -->`
 * @returns the page with these sections
 * @throws {@link Error} when the page lacks a mark
 */
export function filled(page: string, sections: Readonly<Record<string, string>>): string {
  return Object.entries(sections).reduce((text, [name, content]) => {
    const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [start, end] = [text.indexOf(from), text.indexOf(to)];
    if (start < 0 || end < start) {
      throw new Error(`The page has no place for '${name}': it needs ${from} and ${to}.`);
    }
    return `${text.slice(0, start + from.length)}\n${content}${content === '' ? '' : '\n'}${text.slice(end)}`;
  }, page);
}

function picture(name: string, description: string): string {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="benchmarks/${name}-dark.svg">`,
    `  <img alt="${description}" src="benchmarks/${name}-light.svg">`,
    '</picture>'
  ].join('\n');
}

function machineText({ machine, parts }: ResultsFile): string {
  const { cpu = '', cores = '', memory = '', os = '', node = '', python = '' } = machine;
  const where = `${cores} cores of ${cpu}, ${memory} of memory, ${os}, Node.js ${node}, Python ${python}`;
  const runs = new Set(Object.values(parts).map(({ command, date }) => `\`${command}\` on ${date}`));
  return `Measured by ${[...runs].join(', ')}: ${where}.`;
}

function targetsTable({ verdicts }: Findings): string {
  const ofThePage = verdicts.filter(({ what }) => !what.startsWith(BEFORE_AFTER));
  const { header, cells } = verdictTable(ofThePage, { met: 'met', missed: '**missed**' });
  return markdown(header, cells);
}

/** A table that has the two wheels of each case in one row. */
function beforeAfterTable({ rows }: Findings): string {
  const cases = new Map(rows.filter(isBeforeAfter).map(({ part }) => [part, rows.filter(row => row.part === part)]));
  return markdown(
    ['what', 'before', 'now', 'ratio'],
    [...cases].map(([part, wheels]) => {
      const medianOf = (wheel: string) => wheels.find(({ what }) => what === wheel)?.median ?? Number.NaN;
      const [before, now] = [medianOf('before'), medianOf('now')];
      return [part.slice(BEFORE_AFTER.length), asMs(before), asMs(now), `${(now / before).toFixed(2)} ×`];
    })
  );
}

function isBeforeAfter({ part }: Row): boolean {
  return part.startsWith(BEFORE_AFTER);
}

function measuredTable({ rows }: Findings): string {
  return markdown(['what', 'who', 'minimum', 'median', 'runs'], cellsOf(rows.filter(row => !isBeforeAfter(row))));
}

function growthTable({ growth }: Findings): string {
  return markdown(
    ['distributions', 'files', 'size', 'nothing changed', 'one line edited', 'cold', 'peak memory'],
    growth.map(point => [
      String(point.distributions),
      String(point.files),
      asBytes(point.bytes),
      asMs(point.unchangedMs),
      asMs(point.editedMs),
      asSeconds(point.coldMs),
      asBytes(point.peakBytes)
    ])
  );
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.trim()).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
