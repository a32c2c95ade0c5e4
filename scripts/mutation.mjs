/**
 * `npm run mutation [-- path …]`: Stryker changes the pure modules in small ways, one at a time, and runs their tests; a
 * change that no test notices has survived. With paths: only the sources whose path contains one of them.
 *
 * It goes on from the run before, and tries again what changed since. `--force` tries everything again.
 */
import { ScriptFailure, main } from './lib/main.mjs';
import { run } from './lib/process.mjs';
import { sourcesToMutate } from './mutation/files.mjs';
import { setUp } from './setup/index.mjs';

const FORCE = '--force';

await main(async args => {
  const wanted = args.filter(arg => arg !== FORCE);
  const sources = sourcesToMutate(wanted);
  if (sources.length === 0) {
    throw new ScriptFailure(
      `No source that scripts/mutation/files.mjs lists has '${wanted.join("' or '")}' in its path.`
    );
  }
  const env = await setUp('test', []);
  const { code } = await run(
    'npx',
    [
      ...['stryker', 'run', 'scripts/mutation/stryker.config.mjs', '--mutate', sources.join(',')],
      ...(args.includes(FORCE) ? [FORCE] : [])
    ],
    { env, allowFailure: true }
  );
  process.exitCode = code;
});
