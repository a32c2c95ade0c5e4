/** `npm run wheel`: the wheel, minified, in dist/. */
import { relative } from 'node:path';
import { buildWheel } from './build/index.mjs';
import { main } from './lib/main.mjs';
import { paths } from './lib/paths.mjs';
import { setUp } from './setup/index.mjs';

await main(async () => {
  const wheel = await buildWheel(await setUp('build'));
  console.log(relative(paths.root, wheel));
});
