import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { paths } from '../lib/paths.mjs';
import { select, testFiles } from '../suites/select.mjs';
import { SUITES } from '../suites/suites.mjs';

const OWN = 'scripts/test/select.test.mjs';
const chosen = (/** @type {string[]} */ ...args) => select(args).flatMap(({ files }) => files);
const names = (/** @type {string[]} */ ...args) => select(args).map(({ name }) => name);

describe('npm test', () => {
  it('runs every suite', () => {
    expect(select([])).toEqual(Object.keys(SUITES).map(name => ({ name, isWhole: true, files: testFiles(name) })));
  });

  it('runs the suites that are named, in their order', () => {
    expect(select(['python', 'server'])).toEqual(
      ['server', 'python'].map(name => ({ name, isWhole: true, files: testFiles(name) }))
    );
  });

  it.each([['select.test'], ['test/select'], [OWN], [`./${OWN}`], [join(paths.root, OWN)]])(
    'runs the files whose path contains %s',
    path => {
      expect(select(['scripts', path])).toEqual([{ name: 'scripts', isWhole: false, files: [OWN] }]);
      expect(chosen(path)).toEqual([OWN]);
    }
  );

  it('takes a path for that of the suite before it', () => {
    expect(chosen('scripts', 'select', 'needs', 'python', 'test_cli.py')).toEqual([
      'scripts/test/needs.test.mjs',
      OWN,
      'python-tests/package/test_cli.py'
    ]);
  });

  it('runs a whole suite beside some files of another one', () => {
    expect(select(['frontend', 'python', 'test_cli']).map(({ isWhole }) => isWhole)).toEqual([true, false]);
  });

  it('takes a path before all suites for one of any', () => {
    expect(names('select.test', 'python', 'test_cli')).toEqual(['scripts', 'python']);
  });

  it.each([['server', 'select.test'], ['servers'], ['scripts', OWN, 'nowhere']])('refuses %s', (...args) => {
    expect(() => select(args)).toThrow(/No test file of .* The suites are server, frontend, /);
  });
});
