/**
 * The S3 servers of the tests, which need no container: versitygw, which checks signatures and checksums, and moto's,
 * which has the weaknesses of many small stores.
 *
 * versitygw comes as Go source through the Go module proxy (go.mjs).
 */
import { join } from 'node:path';
import { paths, pythonOf } from '../lib/paths.mjs';
import { CommandFailed } from '../lib/process.mjs';
import { go } from './go.mjs';
import { isExecutable } from './machine.mjs';
import { SetupProblem } from './problem.mjs';
import { installLocked, uv } from './python.mjs';
import { whenChanged } from './stamp.mjs';

const VERSION = 'v1.8.0';
const MODULE = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
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
  try {
    await go(['install', '-ldflags=-s -w', MODULE], { ...process.env, GOBIN: paths.bin, GOFLAGS: '-trimpath' });
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
