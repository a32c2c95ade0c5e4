/**
 * `npm run screenshots`: takes the pictures of the documentation anew, with the browser tests that show their content.
 */
import { join } from 'node:path';
import { buildWheel } from './build/index.mjs';
import { main } from './lib/main.mjs';
import { paths } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { setUp } from './setup/index.mjs';

await main(async args => {
  const env = await setUp('test');
  await run('npx', ['playwright', 'test', ...args], {
    cwd: join(paths.root, 'ui-tests'),
    env: { ...env, SHIP_ENV_WHEEL: await buildWheel(env), SHIP_ENV_SCREENSHOTS: join(paths.root, 'docs', 'images') }
  });
});
