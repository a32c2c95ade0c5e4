import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countedByPytest, countedByVitest, coverageIn } from '../suites/coverage.mjs';

/**
 * What the table shows for a report.
 *
 * @param {import('../suites/coverage.mjs').Coverage} coverage
 * @param {string} [text] of the report
 */
function shown(coverage, text) {
  const folder = mkdtempSync(join(tmpdir(), 'ship-env-coverage-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  if (text !== undefined) {
    writeFileSync(join(folder, coverage.summary), text);
  }
  return coverageIn(folder, coverage);
}

const vitest = countedByVitest(['src/**/*.ts'], ['**/*.test.ts']);
const pytest = countedByPytest('package');

describe('the lines that tests ran', () => {
  it('are counted by vitest', () => {
    const lines = { total: 3, covered: 2, skipped: 0, pct: 66.66 };
    expect(shown(vitest, JSON.stringify({ total: { lines } }))).toBe('66.7 %');
  });

  it('are counted by pytest', () => {
    const totals = { covered_lines: 3, num_statements: 8, percent_covered: 99 };
    expect(shown(pytest, JSON.stringify({ totals }))).toBe('37.5 %');
  });

  it.each([
    ['no report', undefined],
    ['half a report', '{"total":'],
    ['another report', '{}'],
    [
      'a report of nothing',
      '{"total": {"lines": {"pct": "Unknown"}}, "totals": {"covered_lines": 0, "num_statements": 0}}'
    ]
  ])('are not told where there is %s', (_, text) => {
    expect([shown(vitest, text), shown(pytest, text)]).toEqual(['', '']);
  });

  it('are those of the sources, and what vitest writes lies in the folder', () => {
    expect(vitest.args('/reports')).toEqual(
      expect.arrayContaining([
        '--coverage.include=src/**/*.ts',
        '--coverage.exclude=**/*.test.ts',
        '--coverage.reportsDirectory=/reports'
      ])
    );
  });

  it('leave what pytest writes in the folder', () => {
    const reports = pytest.args('/reports').filter(arg => arg.startsWith('--cov-report='));
    expect(reports.every(arg => arg.includes(':/reports'))).toBe(true);
    expect(pytest.env?.('/reports')).toEqual({ COVERAGE_FILE: '/reports/counts' });
  });
});
