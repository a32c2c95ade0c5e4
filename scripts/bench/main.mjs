/** Measures: what scripts/bench.mjs starts once everything is set up. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ScriptFailure, main } from '../lib/main.mjs';
import { dim, heading, step } from '../lib/terminal.mjs';
import { cleanUp, prepare } from './context.mjs';
import { BENCH } from './environments.mjs';
import { drawPlots, writePage } from './page.mjs';
import { PARTS } from './parts/index.mjs';
import { showResults } from './report.mjs';

/** @param {string[]} args */
function readOptions(args) {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const { values } = parseArgs({
    args,
    options: {
      full: flag,
      smoke: flag,
      docs: flag,
      only: { type: 'string', multiple: true, default: [] },
      output: { type: 'string', default: join(BENCH, 'results.json') }
    }
  });
  return values;
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
  const command = ['npm run bench', ...(args.length === 0 ? [] : ['--', ...args])].join(' ');
  const bench = await step('environments', async () => prepare(scale, command, wheel));
  try {
    for (const part of PARTS.filter(({ name }) => options.only.length === 0 || options.only.includes(name))) {
      await step(part.title, async () => part.run(bench));
    }
  } finally {
    await cleanUp(bench);
  }
  const { data } = bench.results;
  mkdirSync(dirname(options.output), { recursive: true });
  writeFileSync(options.output, `${JSON.stringify(data, null, 2)}\n`);
  showResults(data);
  if (scale !== 'smoke') {
    const plots = join(dirname(options.output), 'plots');
    await drawPlots(options.output, plots);
    console.log(dim(`\n  ${options.output}\n  ${plots}`));
  }
  if (options.docs) {
    await writePage(data);
  }
});
