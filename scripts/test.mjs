/**
 * `npm test [-- suite …]`: everything, on real parts. Suites: server, frontend, scripts, python, browser.
 *
 * One suite after the other, each with its own runner's output; then what failed, a table, and `N passed, N failed`. A
 * suite that crashes, runs nothing or leaves a process running has failed.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildWheel } from './build/index.mjs';
import { ScriptFailure, main } from './lib/main.mjs';
import { paths } from './lib/paths.mjs';
import { endLeftovers, run } from './lib/process.mjs';
import { green, heading, red, seconds, table } from './lib/terminal.mjs';
import { setUp } from './setup/index.mjs';
import { printFailures } from './test/failures.mjs';
import { broken, outcomeOf, readJunit, readPlaywright, readVitest } from './test/reports.mjs';
import { printTally, readTally } from './test/tally.mjs';

/**
 * @typedef {object} Suite
 * @property {string} program
 * @property {(report: string) => string[]} args
 * @property {string} [cwd]
 * @property {(report: string) => NodeJS.ProcessEnv} [env]
 * @property {import('./test/reports.mjs').ReadReport} read
 */

/** @type {(project: string) => Suite} */
const vitest = project => ({
  program: 'npx',
  args: report => [
    ...['vitest', 'run', '--project', project],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  ],
  read: readVitest
});

/** @type {Readonly<Record<string, Suite>>} */
const SUITES = {
  server: vitest('server'),
  frontend: vitest('frontend'),
  scripts: vitest('scripts'),
  python: {
    program: 'python', // The older family of JUnit XML names the file of each test.
    args: report => ['-m', 'pytest', '-o', 'junit_family=xunit1', `--junitxml=${report}`],
    read: readJunit
  },
  browser: {
    program: 'npx',
    args: () => ['playwright', 'test', '--reporter=list,json'],
    cwd: join(paths.root, 'ui-tests'),
    env: report => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: report }),
    read: readPlaywright
  }
};

await main(async args => {
  const unknown = args.find(name => !(name in SUITES));
  if (unknown !== undefined) {
    throw new ScriptFailure(`There is no suite '${unknown}': ${Object.keys(SUITES).join(', ')}.`);
  }
  const baseEnv = await setUp('test');
  mkdirSync(paths.reports, { recursive: true });
  const tally = join(paths.reports, 'faults.jsonl');
  rmSync(tally, { force: true });
  const env = {
    ...baseEnv,
    SPARK_LOCAL_IP: '127.0.0.1',
    SHIP_ENV_TALLY: tally,
    SHIP_ENV_WHEEL: await buildWheel(baseEnv)
  };
  const results = [];
  for (const [name, suite] of Object.entries(SUITES)) {
    if (args.length === 0 || args.includes(name)) {
      heading(`Tests: ${name}`);
      results.push({ name, ...(await runSuite(name, suite, env)) });
    }
  }
  printTally(readTally(tally));
  printFailures(results);
  report(results);
});

/**
 * @param {string} name
 * @param {Suite} suite
 * @param {NodeJS.ProcessEnv} env
 */
async function runSuite(name, suite, env) {
  const started = performance.now();
  const report = join(paths.reports, name);
  rmSync(report, { force: true });
  const { code } = await run(suite.program, suite.args(report), {
    cwd: suite.cwd ?? paths.root,
    env: { ...env, ...suite.env?.(report) },
    allowFailure: true
  });
  const outcome = outcomeOf(report, suite.read, code);
  const left = await endLeftovers();
  left.forEach(({ pid, command }) => console.log(`${red('✗')} left running: ${pid} ${command.slice(0, 160)}`));
  const ms = performance.now() - started;
  return { ...(left.length === 0 ? outcome : broken(outcome, `left ${left.length} processes running`)), ms };
}

/** @param {readonly (import('./test/reports.mjs').Counts & {name: string, note: string, ms: number})[]} results */
function report(results) {
  heading('Summary');
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    results.reduce((total, row) => total + row[key], 0);
  table(
    ['suite', 'passed', 'failed', 'skipped', 'time', ''],
    results.map(({ name, passed, failed, skipped, ms, note }) => [
      name,
      String(passed).padStart(6),
      String(failed).padStart(6),
      String(skipped).padStart(7),
      seconds(ms).padStart(8),
      failed === 0 ? green('✓') : `${red('✗')} ${note}`
    ])
  );
  const skipped = sum('skipped');
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}
