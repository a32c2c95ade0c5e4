import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../lib/paths.mjs';
import { broken, outcomeOf, readJunit, readPlaywright, readVitest } from '../suites/reports.mjs';

const vitestReport = (/** @type {object} */ counts) =>
  JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [], ...counts });

const inCheckout = (/** @type {string} */ file) => join(paths.root, file);

describe('the report of vitest', () => {
  it('names each failed test with its titles and its message', () => {
    const passed = { status: 'passed', ancestorTitles: [], title: 'x', failureMessages: [] };
    const failed = {
      ...passed,
      status: 'failed',
      ancestorTitles: ['a', 'b'],
      title: 'c',
      failureMessages: ['Error: 1']
    };
    const file = { name: inCheckout('a.test.ts'), status: 'failed', message: '', assertionResults: [passed, failed] };
    const text = vitestReport({ numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, testResults: [file] });
    const failures = [{ file: 'a.test.ts', test: 'a > b > c', message: 'Error: 1' }];
    expect(readVitest(text)).toEqual({ passed: 7, failed: 1, skipped: 2, failures });
  });

  it('counts and names a file that could not be loaded, or whose hook failed', () => {
    const unloaded = { name: inCheckout('a.test.ts'), status: 'failed', message: 'no module', assertionResults: [] };
    const skipped = { status: 'skipped', ancestorTitles: [], title: 'x', failureMessages: [] };
    const hook = { name: inCheckout('b.test.ts'), status: 'failed', message: '', assertionResults: [skipped] };
    const text = vitestReport({ numPassedTests: 7, numPendingTests: 1, testResults: [unloaded, hook] });
    expect(readVitest(text)).toEqual({
      passed: 7,
      failed: 2,
      skipped: 1,
      failures: [
        { file: 'a.test.ts', test: '', message: 'no module' },
        { file: 'b.test.ts', test: '', message: 'A hook failed.' }
      ]
    });
  });
});

describe('the report of pytest', () => {
  it('takes errors for failures, and sums up its suites', () => {
    const text =
      '<testsuites><testsuite name="a" errors="1" failures="2" skipped="3" tests="10" time="1"></testsuite>' +
      '<testsuite name="b" errors="0" failures="0" skipped="0" tests="5" time="1"></testsuite></testsuites>';
    expect(readJunit(text)).toMatchObject({ passed: 9, failed: 3, skipped: 3 });
  });

  it('names each failed test with what the trace says and its place', () => {
    const text =
      '<testsuite name="a" errors="1" failures="1" skipped="1" tests="4">' +
      '<testcase classname="t.test_a" name="test_good" file="t/test_a.py" line="1" time="0.001" />' +
      '<testcase classname="t.test_a" name="test_s" file="t/test_a.py"><skipped message="no">why</skipped></testcase>' +
      '<testcase classname="t.test_a" name="test_one[x/&lt;&#233;&gt;]" file="t/test_a.py" line="4" time="0.005">' +
      '<failure message="assert 1 &lt; 0&#10;  more">a = 1\n\n&gt;   assert a &lt; 0\nE       assert 1 &lt; 0\nE         more\n\n' +
      't/test_a.py:6: AssertionError</failure></testcase>' +
      '<testcase classname="" name="t.test_b" time="0"><error message="collection failure">No module</error></testcase>' +
      '</testsuite>';
    expect(readJunit(text).failures).toEqual([
      {
        file: 't/test_a.py',
        test: 'test_one[x/<é>]',
        message: 'assert 1 < 0\n  more\n    at t/test_a.py:6: AssertionError'
      },
      { file: '', test: 't.test_b', message: 'collection failure' }
    ]);
  });
});

describe('the report of Playwright', () => {
  const stats = { expected: 3, unexpected: 1, flaky: 1, skipped: 0 };
  const config = { rootDir: inCheckout('ui-tests/tests') };
  const of = (/** @type {object} */ rest) => readPlaywright(JSON.stringify({ config, stats, suites: [], ...rest }));

  it('names each failed test with its titles and the message of its last try', () => {
    const run = (/** @type {string} */ status, /** @type {object[]} */ ...results) => ({ status, results });
    const tests = [run('unexpected', { error: { message: 'first' } }, { error: { message: 'm', stack: 'm\n at' } })];
    const specs = [
      { title: 'good', file: 'a.spec.ts', tests: [run('expected')] },
      { title: 'again', file: 'a.spec.ts', tests: [run('flaky', { error: { message: 'first' } })] },
      { title: 'bad', file: 'a.spec.ts', tests }
    ];
    const suites = [{ title: 'a.spec.ts', specs: [], suites: [{ title: 'outer', specs }] }];
    const failures = [{ file: 'ui-tests/tests/a.spec.ts', test: 'outer > bad', message: 'm\n at' }];
    expect(of({ suites, errors: [] })).toEqual({ passed: 4, failed: 1, skipped: 0, failures });
  });

  it('counts and names what broke outside tests', () => {
    const found = of({ errors: [{ message: 'Cannot find module' }] });
    expect(found).toMatchObject({ passed: 4, failed: 2, failures: [{ file: '', message: 'Cannot find module' }] });
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
    expect(outcomeOf(file, readVitest, 0)).toEqual({ passed: 2, failed: 0, skipped: 0, failures: [], note: '' });
  });

  it('is a failure when it left no report', () => {
    const failures = [{ message: 'no report, exit code 137' }];
    expect(outcomeOf(file, readVitest, 137)).toMatchObject({ passed: 0, failed: 1, failures });
  });

  it('is a failure when nothing ran', () => {
    writeFileSync(file, vitestReport({}));
    expect(outcomeOf(file, readVitest, 0)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('is a failure when all tests passed and the runner did not end well', () => {
    writeFileSync(file, vitestReport({ numPassedTests: 2 }));
    expect(outcomeOf(file, readVitest, 1)).toMatchObject({ passed: 2, failed: 1, note: 'exit code 1' });
  });

  it('is one failure more when something else went wrong, too', () => {
    writeFileSync(file, vitestReport({ numPassedTests: 2 }));
    const note = 'exit code 1 left 2 processes running';
    const again = broken(outcomeOf(file, readVitest, 1), 'left 2 processes running');
    expect(again).toMatchObject({ passed: 2, failed: 2, note, failures: [{ message: 'exit code 1' }, {}] });
  });
});
