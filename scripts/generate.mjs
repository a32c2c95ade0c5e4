/**
 * `npm run generate [-- --check]`: writes the files that are generated from the declarations in server/src/contract:
 * the settings schema, the constants for Python, tables of the documentation. `--check` writes nothing, and fails when
 * one is out of date.
 */
import { staleFiles, writeGenerated } from './generate/index.mjs';
import { ScriptFailure, main } from './lib/main.mjs';
import { setUp } from './setup/index.mjs';

await main(async args => {
  await setUp('build');
  if (!args.includes('--check')) {
    (await writeGenerated()).forEach(name => console.log(`wrote ${name}`));
    return;
  }
  const names = (await staleFiles()).map(({ name }) => name);
  if (names.length > 0) {
    throw new ScriptFailure(
      `These generated files are out of date: ${names.join(', ')}. Change the declaration, then run: npm run generate`
    );
  }
});
