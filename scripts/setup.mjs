/** `npm run setup [-- build|demo|test]`: see scripts/setup/index.mjs. */
import { main } from './lib/main.mjs';
import { setUp } from './setup/index.mjs';

await main(async ([level = 'test']) => {
  if (level !== 'build' && level !== 'demo' && level !== 'test') {
    throw new Error(`There is no set-up level '${level}': build, demo or test.`);
  }
  await setUp(level);
  console.log(`Ready: everything for \`${level}\` is installed.`);
});
