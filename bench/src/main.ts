/** Runs the benchmark: bench/start.mjs starts this program when everything is set up and built. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ScriptFailure, main } from '../../scripts/lib/main.mjs';
import { dim, heading, step } from '../../scripts/lib/terminal.mjs';
import { cleanUp, prepare } from './bench.js';
import { commandLine, readOptions, type Options } from './options.js';
import { PARTS } from './parts/index.js';
import { PAGE_RESULTS, writePage } from './report/page.js';
import { drawPlots } from './report/plots.js';
import { findingsIn, merged, type ResultsFile } from './report/results.js';
import { showResults } from './report/tables.js';

await main(async args => {
  const options = readOptions(args);
  const wheel = process.env['SHIP_ENV_WHEEL'];
  if (wheel === undefined) {
    throw new ScriptFailure('Start the benchmark with `npm run bench`, which builds the product first.');
  }
  heading('Benchmark');
  const { scale, against } = options;
  const command = commandLine(args);
  const bench = await step('environments', async () => prepare({ scale, command, wheel, earlierWheel: against }));
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
  await keep(found, options);
  if (options.docs) {
    await writePage(options.output);
  }
});

/** Writes the results, and draws the plots beside them. Results of parts that were not measured stay as they were. */
async function keep(found: ResultsFile, { only, output }: Options): Promise<void> {
  // A new checkout has earlier results only on the page.
  const earlier = only.length > 0 ? [output, PAGE_RESULTS].find(existsSync) : undefined;
  const file = earlier === undefined ? found : merged(JSON.parse(readFileSync(earlier, 'utf8')) as ResultsFile, found);
  const plots = join(dirname(output), 'plots');
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify(file, null, 2)}\n`);
  await drawPlots(findingsIn(file), plots);
  console.log(dim(`\n  ${output}\n  ${plots}`));
}
