/** One of the checks of `npm run lint`: checks the form of CHANGELOG.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptFailure, main } from '../lib/main.mjs';
import { paths } from '../lib/paths.mjs';
import { problemsOfChangelog } from './changelog.mjs';

await main(() => {
  const problems = problemsOfChangelog(readFileSync(join(paths.root, 'CHANGELOG.md'), 'utf8'));
  return problems.length === 0 ? Promise.resolve() : Promise.reject(new ScriptFailure(problems.join('\n')));
});
