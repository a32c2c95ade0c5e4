/**
 * A real API server of Kubernetes and its etcd, built from Go modules: seven minutes of processor time and 3 GB of
 * sources, once. Only the programs are kept. For tests that `npm test` does not run.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';
import { CommandFailed } from '../lib/process.mjs';
import { go } from './go.mjs';
import { SetupProblem } from './problem.mjs';
import { whenChanged } from './stamp.mjs';

const VERSION = '1.35.4';
const ETCD = '3.6.5';
const FOLDER = join(paths.cache, 'kubernetes');
const SOURCES = join(paths.root, 'scripts', 'cluster', 'kubernetes');
export const API_SERVER = join(FOLDER, 'bin', 'kube-apiserver');
export const ETCD_SERVER = join(FOLDER, 'bin', 'etcd');

/**
 * @returns {Promise<boolean>} whether they had to be built
 * @throws {SetupProblem}
 */
export async function installKubernetesServers() {
  return whenChanged(join(FOLDER, 'servers.stamp'), [VERSION, ETCD], build, [API_SERVER, ETCD_SERVER]);
}

async function build() {
  const work = join(FOLDER, 'build');
  const env = {
    ...process.env,
    GOFLAGS: '-trimpath -modcacherw',
    GOMODCACHE: join(work, 'modules'),
    GOCACHE: join(work, 'objects')
  };
  mkdirSync(join(FOLDER, 'bin'), { recursive: true });
  try {
    const etcd = newModule(work, 'etcd', `require go.etcd.io/etcd/server/v3 v${ETCD}\n`);
    await buildIn(etcd, ETCD_SERVER, '', env);
    await buildIn(await kubernetesModule(work, env), API_SERVER, versionFlags(), env);
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    throw new SetupProblem(
      `The API server of Kubernetes ${VERSION} could not be built`,
      error.output.trim().split('\n').slice(-20).join('\n'),
      'check that the Go module proxy can be reached',
      error
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * The module of Kubernetes replaces its staging modules by folders beside it. These are published as modules of their
 * own, with a version that follows from its own.
 *
 * @param {string} work
 * @param {NodeJS.ProcessEnv} env
 */
async function kubernetesModule(work, env) {
  const staged = `v0${VERSION.slice(1)}`;
  const output = await go(['mod', 'download', '-json', `k8s.io/kubernetes@v${VERSION}`], env);
  const { GoMod } = JSON.parse(output.slice(output.indexOf('{')));
  const names = [...readFileSync(GoMod, 'utf8').matchAll(/^\s+(k8s\.io\/\S+) => \.\/staging\//gm)].map(
    found => found[1]
  );
  const require = [`k8s.io/kubernetes v${VERSION}`, `k8s.io/component-base ${staged}`];
  const replace = names.map(name => `${name} => ${name} ${staged}`);
  const block = (/** @type {string} */ word, /** @type {readonly string[]} */ lines) =>
    `${word} (\n${lines.map(line => `\t${line}\n`).join('')})\n`;
  return newModule(work, 'apiserver', `${block('require', require)}\n${block('replace', replace)}`);
}

/**
 * @param {string} work
 * @param {string} name of the folder with the source
 * @param {string} requirements lines of go.mod
 * @returns {string} its folder
 */
function newModule(work, name, requirements) {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(SOURCES, name), folder, { recursive: true });
  writeFileSync(join(folder, 'go.mod'), `module ship-env/${name}\n\ngo 1.25.0\n\n${requirements}`);
  return folder;
}

/**
 * @param {string} folder
 * @param {string} program
 * @param {string} flags of the linker
 * @param {NodeJS.ProcessEnv} env
 */
async function buildIn(folder, program, flags, env) {
  await go(['mod', 'tidy'], env, folder);
  await go(['build', '-ldflags', `-s -w ${flags}`, '-o', program, '.'], env, folder);
}

/** Without its version the server does not know which one to emulate. */
function versionFlags() {
  const [major, minor] = VERSION.split('.');
  const set = { gitVersion: `v${VERSION}`, gitMajor: major, gitMinor: minor };
  return Object.entries(set)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
}
