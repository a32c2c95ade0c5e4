/**
 * Links what the tests need and what is too large to copy from the checkout, which is the argument, into the working folder.
 * Stryker runs this in the copy that it has made of the sources.
 */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

const [checkout = ''] = process.argv.slice(2);
for (const name of ['.venv', 'node_modules', 'server/node_modules']) {
  symlinkSync(join(checkout, name), name);
}
