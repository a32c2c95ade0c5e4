/** Reads the runners' own reports: real counts, nothing guessed from what they print. */
import { existsSync, readFileSync } from 'node:fs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 *
 * @typedef {(text: string) => Counts} ReadReport
 */

/**
 * vitest's JSON. A file that could not be loaded has no tests in it, and counts as one that failed.
 *
 * @type {ReadReport}
 */
export function readVitest(text) {
  /** @type {{numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests?: number, testResults: {status: string, assertionResults: unknown[]}[]}} */
  const report = JSON.parse(text);
  const broken = report.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0)
  };
}

/**
 * JUnit XML as pytest writes it: the counts stand in the attributes of each test suite.
 *
 * @type {ReadReport}
 */
export function readJunit(text) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [suite] of text.matchAll(/<testsuite\s[^>]*>/g)) {
    const number = (/** @type {string} */ name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    const failed = number('failures') + number('errors');
    counts.failed += failed;
    counts.skipped += number('skipped');
    counts.passed += number('tests') - failed - number('skipped');
  }
  return counts;
}

/**
 * Playwright's JSON. A test that passed only when it was tried again counts as passed; a broken file as one that failed.
 *
 * @type {ReadReport}
 */
export function readPlaywright(text) {
  /** @type {{stats: {expected: number, unexpected: number, flaky: number, skipped: number}, errors: unknown[]}} */
  const { stats, errors } = JSON.parse(text);
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length, skipped: stats.skipped };
}

/**
 * What a suite came to. One that crashed, or left no report, or ran nothing, has failed, whatever else it says.
 *
 * @param {string} file its report
 * @param {ReadReport} read
 * @param {number} exitCode
 * @returns {Counts & {note: string}}
 */
export function outcomeOf(file, read, exitCode) {
  if (!existsSync(file)) {
    return { passed: 0, failed: 1, skipped: 0, note: `no report, exit code ${exitCode}` };
  }
  const counts = read(readFileSync(file, 'utf8'));
  if (exitCode !== 0 && counts.failed === 0) {
    return { ...counts, failed: 1, note: `exit code ${exitCode}` };
  }
  if (counts.passed + counts.failed === 0) {
    return { ...counts, failed: 1, note: 'ran no test' };
  }
  return { ...counts, note: '' };
}
