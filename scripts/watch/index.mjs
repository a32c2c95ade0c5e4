/** Builds the front end and the sidecar, with source maps, and again whenever one of their sources changes. */
import { buildSeed, forgetBuilds } from '../build/index.mjs';
import { ScriptFailure } from '../lib/main.mjs';
import { dim, green, red } from '../lib/terminal.mjs';
import { watchLabextension, watchTypeScript } from './front-end.mjs';
import { watchSidecar } from './sidecar.mjs';

/** SIGINT and SIGTERM, as shells report them. */
const BY_SIGNAL = [130, 143];
const forever = /** @type {Promise<never>} */ (new Promise(() => undefined));

/**
 * @typedef {object} Watching
 * @property {() => Promise<void>} stop
 * @property {Promise<never>} ended rejects when a compiler ends by itself
 *
 * @typedef {(onBuilt: (problems: number, lines?: readonly string[]) => void) => Promise<Compiler>} StartCompiler
 *
 * @typedef {object} Compiler
 * @property {() => unknown} stop
 * @property {Promise<{code: number, output: string}>} [ended]
 */

/**
 * Resolves when everything has been built once.
 *
 * @param {NodeJS.ProcessEnv} env from `setUp`
 * @returns {Promise<Watching>}
 * @throws {ScriptFailure} a compiler ended by itself
 */
export async function watch(env) {
  forgetBuilds();
  await buildSeed(env);
  const compilers = [
    await built('sidecar', watchSidecar),
    await built('front end', onBuilt => Promise.resolve(watchTypeScript(env, onBuilt))),
    await built('labextension', onBuilt => watchLabextension(env, onBuilt))
  ];
  let isStopping = false;
  return {
    stop: async () => {
      isStopping = true;
      await Promise.all(compilers.flatMap(({ stop, ended }) => [stop(), ended]));
    },
    ended: Promise.race(compilers.map(({ failed }) => failed)).catch((/** @type {unknown} */ error) => {
      if (isStopping) {
        return forever;
      }
      throw error;
    })
  };
}

/**
 * Starts a compiler, and resolves when it has built for the first time.
 *
 * @param {string} name
 * @param {StartCompiler} begin
 */
async function built(name, begin) {
  /** @type {() => void} */
  let done = () => undefined;
  const first = /** @type {Promise<void>} */ (new Promise(resolve => (done = resolve)));
  const compiler = await begin((problems, lines = []) => {
    report(name, problems, lines);
    done();
  });
  const failed = failure(name, compiler.ended);
  await Promise.race([first, failed]);
  return { ...compiler, failed };
}

/**
 * @param {string} name
 * @param {Compiler['ended']} ended
 * @returns {Promise<never>} rejects when the compiler ended by itself: Ctrl+C ends it, too
 */
async function failure(name, ended = forever) {
  const { code, output } = await ended;
  if (BY_SIGNAL.includes(code)) {
    return forever;
  }
  throw new ScriptFailure(`The compiler of the ${name} ended with exit code ${code}. ${output}`.trim());
}

/**
 * @param {string} name
 * @param {number} problems
 * @param {readonly string[]} lines
 */
function report(name, problems, lines) {
  if (problems > 0) {
    lines.forEach(line => console.log(line));
  }
  const time = dim(new Date().toTimeString().slice(0, 8));
  console.log(`  ${time} ${problems === 0 ? `${green('✓')} ${name}` : `${red('✗')} ${name}: ${problems} problems`}`);
}
