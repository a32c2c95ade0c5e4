/**
 * `npm run test:faults`: the long form of server/test/faults, which takes an hour or more. Kills at random moments, every
 * fault of a store at every request, every hostile input in every place; then the counts, and `N passed, N failed`.
 *
 * `npm test` runs a sample of the same. SHIP_ENV_FAULTS_SEED chooses the random moments.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle } from '../build/index.mjs';
import { main } from '../lib/main.mjs';
import { paths } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { setUp } from '../setup/index.mjs';
import { countsOf, printTally, readTally } from '../suites/tally.mjs';

await main(async args => {
  const env = await setUp('test', ['s3']);
  await buildBundle(env);
  mkdirSync(paths.reports, { recursive: true });
  const tally = join(paths.reports, 'faults.jsonl');
  rmSync(tally, { force: true });
  const files = args.length === 0 ? ['server/test/faults'] : args.map(name => `server/test/faults/${name}`);
  const { code } = await run('npx', ['vitest', 'run', '--project', 'server', ...files], {
    env: { ...env, SHIP_ENV_FAULTS: 'all', SHIP_ENV_TALLY: tally },
    allowFailure: true
  });
  const attempts = readTally(tally);
  printTally(attempts);
  const lost = countsOf(attempts).reduce((sum, row) => sum + row.lost, 0);
  console.log(`\n${attempts.length - lost} passed, ${lost} failed`);
  process.exitCode = code === 0 && lost === 0 && attempts.length > 0 ? 0 : 1;
});
