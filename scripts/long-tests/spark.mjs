/**
 * `npm run test:spark [-- --again] [-- module …]`: Spark's own Python tests on a local cluster, with a virtual
 * environment on the node, with our artifact, and with our artifact and an editable. A test that passes with the
 * virtual environment must pass with our artifact. Unless modules are named, our own tests of how Spark starts workers
 * run first, with every pyspark that differs there. It takes an hour or more; a stopped run continues where it ended,
 * and `--again` runs each module anew. Results of another artifact are not used.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PARTS } from '../build/index.mjs';
import { ScriptFailure, main } from '../lib/main.mjs';
import { endLeftovers, run } from '../lib/process.mjs';
import { green, heading, red, step, table } from '../lib/terminal.mjs';
import { setUp } from '../setup/index.mjs';
import { MODULES, PROOF, lostTests, namesWith } from './spark/modules.mjs';
import { readJunit } from '../suites/reports.mjs';
import { FOLDER, prepareSpark, prepareWays, runModule } from './spark/prepare.mjs';

/** @typedef {import('./spark/modules.mjs').Outcomes} Outcomes */
/** @typedef {import('./spark/prepare.mjs').Way} Way */
/** @typedef {{module: string, way: string, held: number, lost: string[], notRun: string, log: string}} Row */

const RESULTS = join(FOLDER, 'results');

await main(async args => {
  const named = args.filter(arg => !arg.startsWith('--'));
  const unknown = named.find(name => !MODULES.includes(name));
  if (unknown !== undefined) throw new ScriptFailure(`There is no module '${unknown}' here: ${MODULES.join(', ')}.`);
  const env = await setUp('test');
  for (const build of [PARTS['seed'], PARTS['server']]) await build?.({ env, prod: false });
  const ways = await prepareWays(env);
  const sparkEnv = await prepareSpark(env);
  /** @type {Row[]} */
  const rows = named.length === 0 ? [await doors(env)] : [];
  const modules = named.length === 0 ? MODULES : named;
  if (args.includes('--again')) {
    for (const way of ways) for (const module of [...modules, PROOF]) rmSync(placeOf(module, way), { force: true });
  }
  const editable = ways.find(({ name }) => name === 'editable');
  if (editable !== undefined)
    rows.push(proofRow(await outcomesOf(PROOF, editable, sparkEnv), logOf(placeOf(PROOF, editable))));
  for (const module of modules) {
    heading(module);
    rows.push(...(await compare(module, ways, sparkEnv)));
  }
  report(rows);
});

/**
 * Our tests of the ways in which Spark starts workers, with all pysparks; `npm test` leaves some of them out.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Row>}
 */
async function doors(env) {
  const file = 'runtime/test_pysparks.py';
  heading(file);
  mkdirSync(RESULTS, { recursive: true });
  const report = join(RESULTS, 'doors.xml');
  rmSync(report, { force: true });
  await run('python', ['-m', 'pytest', join('python-tests', file), `--junitxml=${report}`], {
    env: { ...env, SPARK_LOCAL_IP: '127.0.0.1', SHIP_ENV_DOORS: 'all' },
    allowFailure: true
  });
  const { passed, failed } = existsSync(report) ? readJunit(readFileSync(report, 'utf8')) : { passed: 0, failed: 0 };
  const lost = failed === 0 ? [] : [`${failed} tests failed, see above`];
  return { module: file, way: 'artifact', held: passed, lost, notRun: '', log: report };
}

/**
 * @param {string} module
 * @param {Way[]} ways the plain one first
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Row[]>} one for each of the other ways
 */
async function compare(module, [plainWay, ...others], env) {
  if (plainWay === undefined) return [];
  const plain = await outcomesOf(module, plainWay, env);
  /** @type {Row[]} */
  const rows = [];
  for (const way of others) {
    const lost = lostTests(plain, await outcomesOf(module, way, env));
    // Some of Spark's tests wait for a fixed time: on a busy machine, failed tests are run once more, alone.
    const again = lost.length === 0 ? {} : await outcomesOf(module, way, env, lost);
    const left = lost.filter(id => again[id] !== 'passed');
    const passed = namesWith(plain, 'passed').length;
    const notRun = `${namesWith(plain, 'failed').length} fail plainly, ${namesWith(plain, 'skipped').length} skipped`;
    rows.push({
      module,
      way: way.name,
      held: passed - left.length,
      lost: left,
      notRun,
      log: logOf(placeOf(module, way))
    });
  }
  return rows;
}

/**
 * The outcome of each test, from the last run if there is one.
 *
 * @param {string} module
 * @param {Way} way
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} [tests] only these; they are always run
 * @returns {Promise<Outcomes>} empty when the module could not be run; its log says why
 */
async function outcomesOf(module, way, env, tests) {
  const output = placeOf(tests === undefined ? module : `${module}.again`, way);
  mkdirSync(dirname(output), { recursive: true });
  if (tests !== undefined) rmSync(output, { force: true });
  if (!existsSync(output)) {
    await step(way.name, async () => {
      await runModule(way, env, { module, output, log: logOf(output), tests });
      await endLeftovers();
    });
  }
  return existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : {};
}

/**
 * @param {string} module
 * @param {Way} way
 * @returns {string} path of its outcomes, which depends on what the executors run
 */
function placeOf(module, way) {
  const hash = createHash('sha256')
    .update(JSON.stringify([way.executors, way.conf]))
    .digest('hex')
    .slice(0, 12);
  return join(RESULTS, `${way.name}-${hash}`, `${module}.json`);
}

/** @param {string} place */
function logOf(place) {
  return place.replace(/json$/, 'log');
}

/**
 * @param {Outcomes} outcomes
 * @param {string} log
 * @returns {Row}
 */
function proofRow(outcomes, log) {
  const passed = namesWith(outcomes, 'passed').length;
  const lost = passed === 1 ? [] : ['the executors do not run the code of the editable'];
  return { module: PROOF, way: 'editable', held: passed, lost, notRun: '', log };
}

/** @param {readonly Row[]} rows */
function report(rows) {
  heading("Spark's own tests: what passes with a virtual environment on the node, and with an artifact");
  table(
    ['module', 'executors run', 'passed', 'lost', 'not compared', ''],
    rows.map(({ module, way, held, lost, notRun }) => [
      module,
      way,
      String(held).padStart(6),
      String(lost.length).padStart(4),
      notRun,
      // A module in which no test passes proves nothing.
      held > 0 && lost.length === 0 ? green('✓') : red('✗')
    ])
  );
  for (const { way, lost, log } of rows) for (const id of lost) console.log(`${red('✗')} ${way}: ${id}  (${log})`);
  const held = rows.reduce((sum, row) => sum + row.held, 0);
  const failed = rows.reduce(
    (sum, row) => sum + row.lost.length + (row.held === 0 && row.lost.length === 0 ? 1 : 0),
    0
  );
  console.log(`\n${held} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
