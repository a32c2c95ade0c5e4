/**
 * Reads the reports of the test runners: the counts and the failed tests. Nothing is guessed from their printed output.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { paths } from '../lib/paths.mjs';

/**
 * @typedef {object} Failure
 * @property {string} file relative to the checkout; empty when the failure belongs to no file
 * @property {string} test its titles from outside to inside; empty when the file as a whole failed
 * @property {string} message may have many lines, a stack and colours
 *
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {Failure[]} failures
 *
 * @typedef {(text: string) => Counts} ReadReport
 */

const inCheckout = (/** @type {string} */ file) => relative(paths.root, file);

/**
 * Reads vitest's JSON. A file that failed without a failed test (it could not be loaded, or a hook failed) counts as
 * one failure.
 *
 * @type {ReadReport}
 */
export function readVitest(text) {
  /** @type {{numPassedTests: number, numPendingTests: number, numTodoTests?: number, testResults: {name: string, status: string, message: string, assertionResults: {status: string, ancestorTitles: string[], title: string, failureMessages: string[]}[]}[]}} */
  const report = JSON.parse(text);
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = inCheckout(name);
    const failed = assertionResults.filter(test => test.status === 'failed');
    const tests = failed.map(({ ancestorTitles, title, failureMessages }) => ({
      file,
      test: [...ancestorTitles, title].join(' > '),
      message: failureMessages.join('\n')
    }));
    const isBroken = status === 'failed' && (failed.length === 0 || message !== '');
    return isBroken ? [...tests, { file, test: '', message: message === '' ? 'A hook failed.' : message }] : tests;
  });
  return {
    passed: report.numPassedTests,
    failed: failures.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    failures
  };
}

/**
 * Reads the JUnit XML of pytest: the counts are in the attributes of each test suite.
 *
 * @type {ReadReport}
 */
export function readJunit(text) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [suite] of text.matchAll(/<testsuite\s[^>]*>/g)) {
    const number = (/** @type {string} */ name) => Number(attribute(suite, name) || 0);
    const failed = number('failures') + number('errors');
    counts.failed += failed;
    counts.skipped += number('skipped');
    counts.passed += number('tests') - failed - number('skipped');
  }
  const failures = [];
  for (const [, test = '', inner = ''] of text.matchAll(/<testcase\s([^>]*[^/])>(.*?)<\/testcase>/gs)) {
    for (const [, tag = '', trace = ''] of inner.matchAll(/<(?:failure|error)\s([^>]*)>(.*?)<\/(?:failure|error)>/gs)) {
      failures.push({
        file: attribute(test, 'file'),
        test: attribute(test, 'name'),
        message: messageOfPytest(attribute(tag, 'message'), textOf(trace))
      });
    }
  }
  return { ...counts, failures };
}

/**
 * @param {string} tag attributes of an XML element
 * @param {string} name
 */
function attribute(tag, name) {
  return textOf(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

/** @param {string} xml without elements */
function textOf(xml) {
  return xml
    .replace(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

/**
 * Makes a message from a trace of pytest, which marks the lines with the error by `E` and ends with the place.
 *
 * @param {string} summary
 * @param {string} trace
 */
function messageOfPytest(summary, trace) {
  const lines = trace.trimEnd().split('\n');
  const marked = lines.filter(line => /^E(?: |$)/.test(line));
  const indent = /^E */.exec(marked[0] ?? '')?.[0].length;
  const said = marked.map(line => line.slice(indent));
  const place = /^\S+:\d+: /.test(lines.at(-1) ?? '') ? [`    at ${lines.at(-1)}`] : [];
  return [...(said.length === 0 ? [summary] : said), ...place].join('\n');
}

/**
 * @typedef {object} PlaywrightSuite
 * @property {string} title of the outermost suites: the file
 * @property {PlaywrightSuite[]} [suites]
 * @property {{title: string, file: string, tests: {status: string, results: {error?: PlaywrightError}[]}[]}[]} specs
 *
 * @typedef {{message?: string, stack?: string, location?: {file: string}}} PlaywrightError
 */

/**
 * Reads Playwright's JSON. A test that passed only at a second try counts as passed; a broken file counts as one
 * failure.
 *
 * @type {ReadReport}
 */
export function readPlaywright(text) {
  /** @type {{config: {rootDir: string}, stats: {expected: number, unexpected: number, flaky: number, skipped: number}, suites: PlaywrightSuite[], errors: PlaywrightError[]}} */
  const { config, stats, suites, errors } = JSON.parse(text);
  const tests = suites
    .flatMap(file => failedIn(file, []))
    .map(failure => ({ ...failure, file: inCheckout(join(config.rootDir, failure.file)) }));
  const broken = errors.map(error => ({ file: '', test: '', message: messageOfPlaywright(error) }));
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
    failures: [...tests, ...broken]
  };
}

/**
 * @param {PlaywrightSuite} suite
 * @param {string[]} titles of the suites around it, without the file's
 * @returns {Failure[]} with files relative to the folder of the tests
 */
function failedIn({ specs, suites = [] }, titles) {
  const own = specs.flatMap(({ title, file, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected')
      .map(({ results }) => ({
        file,
        test: [...titles, title].join(' > '),
        message: messageOfPlaywright(results.at(-1)?.error)
      }))
  );
  return [...own, ...suites.flatMap(suite => failedIn(suite, [...titles, suite.title]))];
}

/** @param {PlaywrightError} [error] */
function messageOfPlaywright(error) {
  return error?.stack ?? error?.message ?? 'The test passed, but was expected to fail.';
}

/**
 * The outcome of a suite. A suite that crashed, left no report or ran no test has failed.
 *
 * @param {string} file its report
 * @param {ReadReport} read
 * @param {number} exitCode
 * @returns {Counts & {note: string}}
 */
export function outcomeOf(file, read, exitCode) {
  if (!existsSync(file)) {
    return broken({ passed: 0, failed: 0, skipped: 0, failures: [] }, `no report, exit code ${exitCode}`);
  }
  const counts = read(readFileSync(file, 'utf8'));
  if (exitCode !== 0 && counts.failed === 0) {
    return broken(counts, `exit code ${exitCode}`);
  }
  if (counts.passed + counts.failed === 0) {
    return broken(counts, 'ran no test');
  }
  return { ...counts, note: '' };
}

/**
 * Adds one failure for the suite as a whole to an outcome.
 *
 * @param {Counts & {note?: string}} counts
 * @param {string} note
 * @returns {Counts & {note: string}}
 */
export function broken(counts, note) {
  return {
    ...counts,
    failed: counts.failed + 1,
    failures: [...counts.failures, { file: '', test: '', message: note }],
    note: `${counts.note ?? ''} ${note}`.trim()
  };
}
