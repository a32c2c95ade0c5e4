/**
 * `npm test [-- [--coverage] [suite] [path …]]`: runs everything, or the test files whose path contains one of these, on
 * real parts. Suites: server, frontend, bench, scripts, python, browser. A complete suite also counts the lines that its
 * tests ran; with `--coverage` every run does.
 *
 * Installs and builds only what these files need. One suite after the other, each with its own runner's output; then what
 * failed, a table, and `N passed, N failed`. A suite that crashes, runs nothing or leaves a process running has failed.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle, buildHadoopHelper, buildSeed, buildWheel } from './build/index.mjs';
import { main } from './lib/main.mjs';
import { paths } from './lib/paths.mjs';
import { endLeftovers, run } from './lib/process.mjs';
import { green, heading, red, seconds, table } from './lib/terminal.mjs';
import { installHadoopServers } from './setup/hadoop.mjs';
import { setUp } from './setup/index.mjs';
import { coverageFolder, coverageIn } from './suites/coverage.mjs';
import { printFailures } from './suites/failures.mjs';
import { needsOf } from './suites/needs.mjs';
import { broken, outcomeOf } from './suites/reports.mjs';
import { select } from './suites/select.mjs';
import { SUITES } from './suites/suites.mjs';
import { printTally, readTally } from './suites/tally.mjs';

const COUNT_ALWAYS = '--coverage';

await main(async args => {
  const countsAlways = args.includes(COUNT_ALWAYS);
  const selected = select(args.filter(arg => arg !== COUNT_ALWAYS));
  const needs = new Set(selected.flatMap(({ name, files }) => [...(SUITES[name]?.needs ?? []), ...needsOf(files)]));
  const env = await provide(needs);
  mkdirSync(paths.reports, { recursive: true });
  const tally = join(paths.reports, 'faults.jsonl');
  rmSync(tally, { force: true });
  const results = [];
  for (const { name, isWhole, files } of selected) {
    heading(`Tests: ${name}`);
    const counts = isWhole || countsAlways;
    results.push({ name, ...(await runSuite(name, isWhole ? [] : files, counts, { ...env, SHIP_ENV_TALLY: tally })) });
  }
  printTally(readTally(tally));
  printFailures(results);
  report(results);
});

/**
 * Installs and builds what the tests need.
 *
 * @param {ReadonlySet<import('./suites/needs.mjs').Need>} needs
 * @returns {Promise<NodeJS.ProcessEnv>} of the tests
 */
async function provide(needs) {
  const env = await setUp(
    'test',
    /** @type {const} */ (['s3', 'browser', 'kubernetes']).filter(extra => needs.has(extra))
  );
  env['SPARK_LOCAL_IP'] = '127.0.0.1';
  if (needs.has('hadoop')) {
    await installHadoopServers();
    await buildHadoopHelper(env);
  }
  if (needs.has('wheel')) {
    return { ...env, SHIP_ENV_WHEEL: await buildWheel(env) };
  }
  if (needs.has('bundle')) {
    await buildBundle(env);
  } else if (needs.has('seed')) {
    await buildSeed(env);
  }
  return env;
}

/**
 * @param {string} name
 * @param {readonly string[]} files none: all of the suite
 * @param {boolean} counts the lines that the tests run, where that can be done
 * @param {NodeJS.ProcessEnv} env
 */
async function runSuite(name, files, counts, env) {
  const suite = SUITES[name];
  if (suite === undefined) {
    throw new Error(`There is no suite '${name}'.`);
  }
  const started = performance.now();
  const report = join(paths.reports, name);
  rmSync(report, { force: true });
  const folder = coverageFolder(name);
  rmSync(folder, { recursive: true, force: true });
  const coverage = counts ? suite.coverage : undefined;
  const { code } = await run(suite.program, [...suite.args(report, files), ...(coverage?.args(folder) ?? [])], {
    cwd: suite.cwd ?? paths.root,
    env: { ...env, ...suite.env?.(report), ...coverage?.env?.(folder) },
    allowFailure: true
  });
  const outcome = outcomeOf(report, suite.read, code);
  const left = await endLeftovers();
  left.forEach(({ pid, command }) => console.log(`${red('✗')} left running: ${pid} ${command.slice(0, 160)}`));
  const ms = performance.now() - started;
  const lines = coverage === undefined ? '' : coverageIn(folder, coverage);
  return { ...(left.length === 0 ? outcome : broken(outcome, `left ${left.length} processes running`)), lines, ms };
}

/** @param {readonly (import('./suites/reports.mjs').Counts & {name: string, note: string, lines: string, ms: number})[]} results */
function report(results) {
  heading('Summary');
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    results.reduce((total, row) => total + row[key], 0);
  table(
    ['suite', 'passed', 'failed', 'skipped', 'lines run', 'time', ''],
    results.map(({ name, passed, failed, skipped, lines, ms, note }) => [
      name,
      String(passed).padStart(6),
      String(failed).padStart(6),
      String(skipped).padStart(7),
      lines.padStart(9),
      seconds(ms).padStart(8),
      failed === 0 ? green('✓') : `${red('✗')} ${note}`
    ])
  );
  const skipped = sum('skipped');
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}
