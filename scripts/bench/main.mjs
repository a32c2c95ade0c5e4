/** Measures: what scripts/bench.mjs starts once everything is set up. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ScriptFailure, main } from '../lib/main.mjs';
import { dim, heading, step } from '../lib/terminal.mjs';
import { cleanUp, prepare } from './context.mjs';
import { BENCH } from './environments.mjs';
import { PAGE_RESULTS, drawPlots, writePage } from './page.mjs';
import { PARTS } from './parts/index.mjs';
import { showResults } from './report.mjs';
import { findingsIn, merged } from './results.mjs';

const FLAG = /** @type {const} */ ({ type: 'boolean', default: false });
const OPTIONS = /** @type {const} */ ({
  full: FLAG,
  smoke: FLAG,
  docs: FLAG,
  only: { type: 'string', multiple: true },
  against: { type: 'string' },
  output: { type: 'string', default: join(BENCH, 'results.json') }
});
const USAGE = 'npm run bench -- [--full] [--only <part> …] [--against <earlier wheel>] [--docs] [--output <file>]';

/**
 * @param {string[]} args
 * @throws {ScriptFailure} when there is no such option
 */
function readOptions(args) {
  try {
    const { only = [], ...values } = parseArgs({ args, options: OPTIONS }).values;
    return { ...values, only };
  } catch (error) {
    throw new ScriptFailure(`${error instanceof Error ? error.message : String(error)}\nUsage: ${USAGE}`);
  }
}

await main(async args => {
  const options = readOptions(args);
  const unknown = options.only.find(name => !PARTS.some(part => part.name === name));
  if (unknown !== undefined) {
    throw new ScriptFailure(`There is no part '${unknown}': ${PARTS.map(({ name }) => name).join(', ')}.`);
  }
  const scale = options.smoke ? 'smoke' : options.full ? 'full' : 'default';
  const wheel = process.env['SHIP_ENV_WHEEL'];
  if (wheel === undefined) {
    throw new ScriptFailure('Start it with `npm run bench`, which builds what is measured.');
  }
  heading('Benchmark');
  // The page shows it: without the folders of this machine.
  const words = args.map(arg => (arg.endsWith('.whl') ? basename(arg) : arg));
  const command = ['npm run bench', ...(words.length === 0 ? [] : ['--', ...words])].join(' ');
  const bench = await step('environments', async () => prepare(scale, command, wheel, options.against));
  try {
    for (const part of PARTS.filter(({ name }) => options.only.length === 0 || options.only.includes(name))) {
      bench.results.begin(part.name);
      await step(part.title, async () => part.run(bench));
    }
  } finally {
    await cleanUp(bench);
  }
  const { file: found } = bench.results;
  showResults(findingsIn(found));
  await keep(found, options.output, options.only.length > 0);
  if (options.docs) {
    await writePage(options.output);
  }
});

/**
 * Writes the results, and draws them beside.
 *
 * @param {import('./results.mjs').ResultsFile} found
 * @param {string} output
 * @param {boolean} isPartly the other parts stay what they were
 */
async function keep(found, output, isPartly) {
  // In a new checkout the page has what was measured before.
  const earlier = isPartly ? [output, PAGE_RESULTS].find(existsSync) : undefined;
  const file = earlier === undefined ? found : merged(JSON.parse(readFileSync(earlier, 'utf8')), found);
  const plots = join(dirname(output), 'plots');
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify(file, null, 2)}\n`);
  await drawPlots(findingsIn(file), plots);
  console.log(dim(`\n  ${output}\n  ${plots}`));
}
