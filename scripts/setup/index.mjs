/**
 * Sets the checkout up on a machine that has only Node ≥ 20, Python ≥ 3.10, Java 17 and git.
 *
 * Three levels, each with the one before: `build` makes the wheel, `demo` runs a notebook on Spark, `test` runs tests
 * and linters, and has extras that only some tests need. Uses the standard library only: no package is installed when
 * this starts. What exists already is checked, not made again; a set-up with nothing to do takes well under a second.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { paths } from '../lib/paths.mjs';
import { heading, step } from '../lib/terminal.mjs';
import { installKubernetesMock } from './kubernetes.mjs';
import { prepareMachine } from './machine.mjs';
import { installNodeModules, linkNode } from './node.mjs';
import { installLocked, prepareVenv } from './python.mjs';
import { installMoto, installS3Server } from './s3-server.mjs';

/** Work that takes longer than this is shown. */
const PATIENCE_MS = 1500;

const LOCK = /** @type {const} */ ({ build: 'build', demo: 'demo', test: 'dev' });

/**
 * Environment variables with the project's own programs first on the PATH: Node 24, npm, python, uv, jupyter,
 * versitygw.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function projectEnvironment() {
  const path = [paths.bin, join(paths.venv, 'bin'), process.env['PATH'] ?? ''].join(delimiter);
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, PATH: path, VIRTUAL_ENV: paths.venv };
  // PYTHONHOME may come from another active environment.
  delete env['PYTHONHOME'];
  delete env['PYTHONPATH'];
  return env;
}

/** Extras that only some tests need: S3 servers, Chromium, an API server of Kubernetes. */
const EXTRAS = /** @type {const} */ (['s3', 'browser', 'kubernetes']);

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
  if (extras.includes('kubernetes')) {
    await work.do('Kubernetes in memory', installKubernetesMock);
  }
  return env;
}

/**
 * Some Python packages contain CommonJS files, such as the yarn of jupyter-builder. Node would treat them as ES modules
 * because of the package.json of the checkout.
 */
function markAsCommonJs() {
  for (const folder of [paths.venv, paths.cache]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  }
}

/** Shows the work of the set-up only when it takes long: a set-up with nothing to do prints nothing. */
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
