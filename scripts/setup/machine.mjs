/** Programs that the machine itself must have: Node, git, Java and its compiler, a browser. Installs only what is missing. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '../lib/process.mjs';
import { installDebianPackages } from './debian.mjs';
import { SetupProblem } from './problem.mjs';

const OLDEST_NODE = 20;
const OLDEST_JAVA = 17;
/** Programs of a Kerberos server and its clients, which Debian puts where only root looks. */
const KERBEROS = ['/usr/sbin/krb5kdc', '/usr/sbin/kdb5_util', '/usr/sbin/kadmin.local', '/usr/bin/kinit'];
export const CHROMIUM = '/usr/bin/chromium';

/**
 * @param {{java: boolean, browser: boolean}} what is needed besides Node and git
 * @throws {SetupProblem}
 */
export async function prepareMachine({ java, browser }) {
  checkNode();
  /** @type {import('./debian.mjs').SystemNeed[]} */
  const needs = [];
  if (!isProgram('git')) {
    needs.push({ packages: ['git'], why: 'git decides which files of an editable package ship' });
  }
  if (java && (await javaMajor()) < OLDEST_JAVA) {
    needs.push({ packages: ['openjdk-17-jre-headless'], why: `Spark 4 runs on Java ${OLDEST_JAVA} or later` });
  }
  // JAVA_HOME may name a Java without its compiler.
  if (!isExecutable(join(process.env['JAVA_HOME'] ?? '', 'bin', 'javac')) && !isProgram('javac')) {
    needs.push({ packages: ['openjdk-17-jdk-headless'], why: 'the helper for Hadoop is compiled with javac' });
  }
  if (browser && !isExecutable(CHROMIUM)) {
    needs.push({ packages: ['chromium', 'fonts-dejavu-core'], why: 'the browser tests drive a real Chromium' });
  }
  await installDebianPackages(needs);
}

function checkNode() {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    throw new SetupProblem(
      `Node.js ${process.versions.node} is too old`,
      `the scripts need Node.js ${OLDEST_NODE} or later to start; after that, the project's own Node.js is used`,
      'install a newer Node.js, or run them with one: path/to/newer/node scripts/setup.mjs'
    );
  }
}

/** @returns {Promise<number>} 0 when there is none */
async function javaMajor() {
  const home = process.env['JAVA_HOME'];
  const { code, output } = await run(home === undefined ? 'java' : join(home, 'bin', 'java'), ['-version'], {
    stdout: 'capture',
    allowFailure: true
  });
  const version = /version "(?:1\.)?(\d+)/.exec(output)?.[1];
  return code === 0 && version !== undefined ? Number(version) : 0;
}

/** @param {string} name */
function isProgram(name) {
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => isExecutable(join(folder, name)));
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Installs a Kerberos server, which only `npm run test:clusters` needs.
 *
 * @throws {SetupProblem}
 */
export async function installKerberos() {
  if (KERBEROS.every(isExecutable)) return;
  await installDebianPackages([
    { packages: ['krb5-kdc', 'krb5-admin-server', 'krb5-user'], why: 'the tests of HDFS with Kerberos need a server' }
  ]);
}
