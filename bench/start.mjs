/**
 * `npm run bench` and `npm run bench:first-task`: sets the checkout up, builds the wheel, and starts a program of
 * bench/src under the project's own Node.js. Plain JavaScript, since tsx, which runs TypeScript, is installed by the
 * set-up.
 */
import { buildWheel } from '../scripts/build/index.mjs';
import { ScriptFailure, main } from '../scripts/lib/main.mjs';
import { setUp } from '../scripts/setup/index.mjs';
import { runTypeScript } from './typescript.mjs';

/** The programs, each with the set-up that it needs. */
const PROGRAMS = /** @type {const} */ ({
  bench: { file: 'main.ts', level: 'test', extras: ['s3'] },
  'first-task': { file: 'first-task/main.ts', level: 'demo', extras: [] }
});

await main(async ([name = '', ...args]) => {
  const program = Object.entries(PROGRAMS).find(([key]) => key === name)?.[1];
  if (program === undefined) {
    throw new ScriptFailure(`There is no program '${name}': ${Object.keys(PROGRAMS).join(', ')}.`);
  }
  const env = await setUp(program.level, program.extras);
  const SHIP_ENV_WHEEL = await buildWheel(env);
  // The program has already printed the problem.
  const options = { env: { ...env, SHIP_ENV_WHEEL }, allowFailure: true };
  process.exitCode = (await runTypeScript(program.file, args, options)).code;
});
