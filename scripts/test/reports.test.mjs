import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outcomeOf, readJunit, readPlaywright, readVitest } from './reports.mjs';

const vitestReport = (/** @type {object} */ counts) =>
  JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [], ...counts });

describe('the counts of a runner', () => {
  it('adds a vitest file that could not be loaded to the failed ones', () => {
    const broken = { status: 'failed', assertionResults: [] };
    const text = vitestReport({ numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, testResults: [broken] });
    expect(readVitest(text)).toEqual({ passed: 7, failed: 2, skipped: 2 });
  });

  it('takes errors for failures in JUnit XML, and sums up its suites', () => {
    const text =
      '<testsuites><testsuite name="a" errors="1" failures="2" skipped="3" tests="10" time="1"></testsuite>' +
      '<testsuite name="b" errors="0" failures="0" skipped="0" tests="5" time="1"></testsuite></testsuites>';
    expect(readJunit(text)).toEqual({ passed: 9, failed: 3, skipped: 3 });
  });

  it("adds Playwright's broken files to the failed ones", () => {
    const stats = { expected: 3, unexpected: 1, flaky: 1, skipped: 0 };
    expect(readPlaywright(JSON.stringify({ stats, errors: [{}] }))).toEqual({ passed: 4, failed: 2, skipped: 0 });
  });
});

describe('the outcome of a suite', () => {
  /** @type {string} */
  let folder;
  /** @type {string} */
  let file;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ship-env-reports-'));
    file = join(folder, 'report.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is its counts when it ended well', () => {
    writeFileSync(file, vitestReport({ numPassedTests: 2 }));
    expect(outcomeOf(file, readVitest, 0)).toEqual({ passed: 2, failed: 0, skipped: 0, note: '' });
  });

  it('is a failure when it left no report', () => {
    expect(outcomeOf(file, readVitest, 0)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('is a failure when nothing ran', () => {
    writeFileSync(file, vitestReport({}));
    expect(outcomeOf(file, readVitest, 0)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('is a failure when all tests passed and the runner did not end well', () => {
    writeFileSync(file, vitestReport({ numPassedTests: 2 }));
    expect(outcomeOf(file, readVitest, 1)).toMatchObject({ passed: 2, failed: 1 });
  });
});
