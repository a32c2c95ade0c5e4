/**
 * `npm run watch`: builds the front end, the labextension and the sidecar, and each of them anew when its sources change.
 * `npm run lab -- --dev` does the same and starts JupyterLab on it. Ends with Ctrl+C.
 */
import { main } from './lib/main.mjs';
import { heading } from './lib/terminal.mjs';
import { setUp } from './setup/index.mjs';
import { watch } from './watch/index.mjs';

await main(async () => {
  const env = await setUp('test', []);
  heading('Watch');
  const { ended } = await watch(env);
  console.log('\n  Everything is built, and will be when it changes. Ctrl+C ends this.\n');
  await ended;
});
