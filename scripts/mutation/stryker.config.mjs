import { join, relative } from 'node:path';
import { paths } from '../lib/paths.mjs';

const inCheckout = (/** @type {string[]} */ ...names) => relative(paths.root, join(...names));

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'scripts/mutation/vitest.config.mjs', related: false },
  coverageAnalysis: 'perTest',
  // What is worked out once, when a module is loaded, would need a new process for each mutant.
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: inCheckout(paths.mutation, 'incremental.json'),
  tempDirName: inCheckout(paths.mutation, 'sandboxes'),
  // What is copied for a run, and what is linked: Stryker itself would link all node_modules that it finds in .venv, too.
  ignorePatterns: ['/*', '!/package.json', '!/scripts', '!/server', '!/tsconfig.base.json'],
  symlinkNodeModules: false,
  buildCommand: `node scripts/mutation/link.mjs ${paths.root.replaceAll(' ', '\\ ')}`,
  reporters: ['clear-text', 'progress-append-only', 'html'],
  htmlReporter: { fileName: inCheckout(paths.reports, 'mutation', 'index.html') },
  clearTextReporter: { logTests: false, reportTests: false, skipFull: true },
  allowConsoleColors: process.stdout.isTTY
};
