/**
 * `npm run build [-- --prod] [part …]`: builds the parts of the wheel from the sources. Parts: generated, lib, seed,
 * server, labextension.
 */
import { PARTS, forgetBuilds } from './build/index.mjs';
import { ScriptFailure, main } from './lib/main.mjs';
import { heading } from './lib/terminal.mjs';
import { setUp } from './setup/index.mjs';

await main(async args => {
  const named = args.filter(arg => !arg.startsWith('--'));
  const unknown = named.find(name => !(name in PARTS));
  if (unknown !== undefined) {
    throw new ScriptFailure(`There is no part '${unknown}' to build: ${Object.keys(PARTS).join(', ')}.`);
  }
  const env = await setUp('build');
  heading('Build');
  forgetBuilds();
  for (const [name, build] of Object.entries(PARTS)) {
    if (named.length === 0 || named.includes(name)) {
      await build({ env, prod: args.includes('--prod') });
    }
  }
});
