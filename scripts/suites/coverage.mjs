/**
 * Which lines of the product the tests of a suite ran: what the runner is told to count them, and how its count is read.
 * Only what the runner's own processes run is counted. No count is ever a reason for a test to fail.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';

/**
 * @typedef {object} Coverage
 * @property {(folder: string) => string[]} args for the runner; its reports go to that folder
 * @property {(folder: string) => NodeJS.ProcessEnv} [env]
 * @property {string} summary name of the report that is read
 * @property {(text: string) => number | undefined} read gives the percentage of lines that ran
 */

/**
 * v8's own counters, read by vitest.
 *
 * @param {readonly string[]} sources globs, relative to the checkout; a file that no test loads counts, too
 * @param {readonly string[]} [others] globs of what lies there and is not the product
 * @returns {Coverage}
 */
export function countedByVitest(sources, others = []) {
  return {
    args: folder => [
      '--coverage.enabled',
      '--coverage.provider=v8',
      ...sources.map(glob => `--coverage.include=${glob}`),
      ...others.map(glob => `--coverage.exclude=${glob}`),
      ...['json-summary', 'html'].map(reporter => `--coverage.reporter=${reporter}`),
      `--coverage.reportsDirectory=${folder}`,
      '--coverage.reportOnFailure'
    ],
    summary: 'coverage-summary.json',
    read: text => JSON.parse(text).total?.lines?.pct
  };
}

/**
 * pytest-cov; pyproject.toml says what of the package is left out.
 *
 * @param {string} module
 * @returns {Coverage}
 */
export function countedByPytest(module) {
  return {
    args: folder => [
      `--cov=${module}`,
      `--cov-report=json:${join(folder, 'coverage.json')}`,
      `--cov-report=html:${folder}`
    ],
    // Without it the raw counts are left in the checkout.
    env: folder => ({ COVERAGE_FILE: join(folder, 'counts') }),
    summary: 'coverage.json',
    read: text => {
      const { covered_lines: covered, num_statements: all } = JSON.parse(text).totals;
      return (100 * covered) / all;
    }
  };
}

/**
 * @param {string} suite
 * @returns {string} the folder of its reports; `index.html` shows each line
 */
export function coverageFolder(suite) {
  return join(paths.reports, 'coverage', suite);
}

/**
 * @param {string} folder
 * @param {Coverage} coverage
 * @returns {string} such as `87.3 %`; empty when there is no report, or none that can be read
 */
export function coverageIn(folder, { summary, read }) {
  const file = join(folder, summary);
  if (!existsSync(file)) {
    return '';
  }
  try {
    const percent = read(readFileSync(file, 'utf8'));
    return typeof percent === 'number' && Number.isFinite(percent) ? `${percent.toFixed(1)} %` : '';
  } catch {
    return '';
  }
}
