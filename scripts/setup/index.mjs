/**
 * Sets the checkout up, from a machine that has Node ≥ 20, Python ≥ 3.10, Java 17 and git, and nothing of ours.
 *
 * Three levels, each with the one before: `build` makes the wheel, `demo` runs a notebook on Spark, `test` runs tests and
 * linters, and has extras that only some tests need. Standard library only: nothing is installed when this starts. What
 * is there already is looked at, not made again; a set-up that has nothing to do takes well under a second.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { paths } from '../lib/paths.mjs';
import { heading, step } from '../lib/terminal.mjs';
import { prepareMachine } from './machine.mjs';
import { installNodeModules, linkNode } from './node.mjs';
import { installLocked, prepareVenv } from './python.mjs';
import { installMoto, installS3Server } from './s3-server.mjs';

/** What takes longer than this is shown. */
const PATIENCE_MS = 1500;

const LOCK = /** @type {const} */ ({ build: 'build', demo: 'demo', test: 'dev' });

/**
 * The environment in which the project's own programs come first: Node 24, npm, python, uv, jupyter, versitygw.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function projectEnvironment() {
  const path = [paths.bin, join(paths.venv, 'bin'), process.env['PATH'] ?? ''].join(delimiter);
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, PATH: path, VIRTUAL_ENV: paths.venv };
  // Of another environment that is active where the script was started.
  delete env['PYTHONHOME'];
  delete env['PYTHONPATH'];
  return env;
}

/** What only some tests need: S3 servers, Chromium. */
const EXTRAS = /** @type {const} */ (['s3', 'browser']);

/**
 * @param {'build' | 'demo' | 'test'} level
 * @param {readonly typeof EXTRAS[number][]} [extras] of the level `test`
 * @returns {Promise<NodeJS.ProcessEnv>} the environment for everything that runs after it
 * @throws {import('./problem.mjs').SetupProblem}
 */
export async function setUp(level, extras = level === 'test' ? EXTRAS : []) {
  const work = new Work();
  await work.do('machine', async () => {
    await prepareMachine({ java: level !== 'build', browser: extras.includes('browser') });
    return false;
  });
  await work.do('python environment', async () => {
    await prepareVenv();
    return installLocked(LOCK[level], paths.venv);
  });
  markAsCommonJs();
  linkNode();
  const env = projectEnvironment();
  await work.do('npm packages', async () => installNodeModules(env));
  if (extras.includes('s3')) {
    await work.do('S3 server', installS3Server);
    await work.do('second S3 server', installMoto);
  }
  return env;
}

/**
 * Python packages carry JavaScript files, such as the yarn of jupyter-builder, that are CommonJS; Node would take them for
 * modules because of the package.json of the checkout that they lie in.
 */
function markAsCommonJs() {
  for (const folder of [paths.venv, paths.cache]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  }
}

/** Says what the set-up does only when it takes its time: a set-up with nothing to do prints nothing. */
class Work {
  #announced = false;

  /**
   * @param {string} name
   * @param {() => Promise<boolean>} work returns whether it installed something
   */
  async do(name, work) {
    const running = work();
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const patience = new Promise(resolve => (timer = setTimeout(resolve, PATIENCE_MS)));
    const quick = await Promise.race([running.then(() => true), patience]);
    clearTimeout(timer);
    if (quick === true) {
      return;
    }
    if (!this.#announced) {
      heading('Set-up');
      this.#announced = true;
    }
    await step(name, () => running);
  }
}
