/**
 * `npm run bench [-- --full] [-- --docs] [-- --only part …]`: our ships beside those of the tools that people use today,
 * in one run, as ratios. Prints two tables and writes .cache/bench/results.json; see docs/benchmarks.md.
 *
 * This sets up and builds; scripts/bench/main.mjs measures, under the project's own Node.js.
 */
import { join } from 'node:path';
import { buildWheel } from './build/index.mjs';
import { main } from './lib/main.mjs';
import { paths } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setUp } from './setup/index.mjs';

await main(async args => {
  const env = await setUp('test');
  const SHIP_ENV_WHEEL = await buildWheel(env);
  const measuring = join(paths.root, 'scripts', 'bench', 'main.mjs');
  await run('node', [measuring, ...args], { env: { ...env, SHIP_ENV_WHEEL } });
});
