/** The suites of `npm test`: their folders, their runners, and the readers of their reports. */
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';
import { countedByPytest, countedByVitest } from './coverage.mjs';
import { readJunit, readPlaywright, readVitest } from './reports.mjs';

/**
 * @typedef {import('./needs.mjs').Need} Need
 *
 * @typedef {object} Suite
 * @property {string} folder of its tests
 * @property {RegExp} isTest matches the path of a file with tests, below that folder
 * @property {readonly Need[]} needs needs of every test, in addition to those of its file
 * @property {string} program
 * @property {(report: string, files: readonly string[]) => string[]} args for some test files, relative to the
 *   checkout; none: all of them
 * @property {string} [cwd]
 * @property {(report: string) => NodeJS.ProcessEnv} [env]
 * @property {import('./reports.mjs').ReadReport} read
 * @property {import('./coverage.mjs').Coverage} [coverage] where the tests run the product in the runner's own processes
 */

/** @type {(project: string, suite: Pick<Suite, 'folder' | 'isTest' | 'coverage'>, needs?: readonly Need[]) => Suite} */
const vitest = (project, suite, needs = []) => ({
  ...suite,
  needs,
  program: 'npx',
  args: (report, files) => [
    ...['vitest', 'run', '--project', project],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ...files
  ],
  read: readVitest
});

/** @type {Readonly<Record<string, Suite>>} */
export const SUITES = {
  server: vitest(
    'server',
    { folder: 'server/test', isTest: /\.test\.ts$/, coverage: countedByVitest(['server/src/**/*.ts']) },
    ['seed']
  ),
  frontend: vitest('frontend', {
    folder: 'src',
    isTest: /__tests__\/.*\.test\.ts$/,
    coverage: countedByVitest(['src/**/*.{ts,tsx}'], ['**/__tests__/**'])
  }),
  bench: vitest('bench', {
    folder: 'bench/test',
    isTest: /\.test\.ts$/,
    coverage: countedByVitest(['bench/src/**/*.ts'])
  }),
  scripts: vitest('scripts', {
    folder: 'scripts/test',
    isTest: /\.test\.mjs$/,
    coverage: countedByVitest(['scripts/**/*.mjs'], ['**/*.test.mjs'])
  }),
  python: {
    folder: 'python-tests',
    isTest: /(?:^|\/)test_\w+\.py$/,
    needs: [],
    program: 'python',
    // The older form of JUnit XML has the file of each test.
    args: (report, files) => ['-m', 'pytest', '-o', 'junit_family=xunit1', `--junitxml=${report}`, ...files],
    read: readJunit,
    coverage: countedByPytest('jupyterlab_ship_env')
  },
  browser: {
    folder: 'ui-tests/tests',
    isTest: /\.spec\.ts$/,
    needs: ['browser', 'wheel'],
    program: 'npx',
    args: (_report, files) => [
      'playwright',
      'test',
      '--reporter=list,json',
      ...files.map(file => join(paths.root, file))
    ],
    cwd: join(paths.root, 'ui-tests'),
    env: report => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: report }),
    read: readPlaywright
  }
};
