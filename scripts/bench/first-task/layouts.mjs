/** What is compared: ways to bring an environment to executors, and the states that a node can be in. */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { paths } from '../../lib/paths.mjs';
import { lastLineOf } from './json.mjs';

/** An earlier artifact is one without this: a distribution of four small files that nothing in the first task needs. */
const TINY = 'pure-eval';

/** @typedef {Readonly<Record<string, string>>} Conf Spark properties */
/** @typedef {{state: 'cold' | 'warm' | 'delta', conf: Conf}} Step one application */
/**
 * @typedef {object} Layout a way to bring the environment to executors, on a fresh node
 * @property {string} name
 * @property {readonly Step[]} steps applications, one after the other
 */

/**
 * The layouts of a deployment.
 *
 * `cold`: nothing of it on the node; `warm`: an earlier application used the same artifact; `delta`: one that lacks a
 * tiny distribution.
 *
 * @param {import('./setting.mjs').Setting} setting
 * @param {import('./deployments.mjs').Cluster} cluster
 * @returns {Promise<Layout[]>} the baseline first
 */
export async function layoutsOf(setting, cluster) {
  const shipAs = async (/** @type {string[]} */ ...options) => ({
    earlier: await ship(setting, cluster.master, [...options, '--exclude', TINY]),
    now: await ship(setting, cluster.master, options)
  });
  const copied = await shipAs();
  const layouts = [
    { name: 'venv on the node', steps: [step('warm', { 'spark.pyspark.python': setting.nodePython })] },
    { name: 'PEX, PEX_ROOT=./.pex', steps: [step('cold', othersConf(setting, cluster))] },
    { name: 'ship-env', steps: states(copied) },
    { name: 'ship-env, shared directory', steps: states(await shipAs('--shared')) }
  ];
  const { publish } = cluster;
  if (publish !== undefined) {
    const earlier = await withArtifactAt(publish, copied.earlier, cluster);
    const now = await withArtifactAt(publish, copied.now, cluster);
    layouts.push({ name: 'ship-env, from HDFS', steps: states({ earlier, now }) });
  }
  return layouts;
}

/**
 * @param {{earlier: Conf, now: Conf}} shipped
 * @returns {Step[]}
 */
function states({ earlier, now }) {
  return [step('cold', earlier), step('warm', earlier), step('delta', now)];
}

/**
 * @param {Step['state']} state
 * @param {Conf} conf
 * @returns {Step}
 */
function step(state, conf) {
  return { state, conf };
}

/**
 * @param {import('./setting.mjs').Setting} setting
 * @param {import('./deployments.mjs').Cluster} cluster
 * @returns {Conf}
 */
function othersConf({ othersPex }, { master }) {
  return {
    [filesKey(master)]: pathToFileURL(othersPex).href,
    'spark.pyspark.python': `./${basename(othersPex)}`,
    'spark.executorEnv.PEX_ROOT': './.pex'
  };
}

/** @param {string} master */
function filesKey(master) {
  return master === 'yarn' ? 'spark.yarn.dist.files' : 'spark.files';
}

/**
 * Ships with the command line, to a directory of this machine.
 *
 * @param {import('./setting.mjs').Setting} setting
 * @param {string} master
 * @param {readonly string[]} options
 * @returns {Promise<Conf>}
 */
async function ship({ folder, python, env }, master, options) {
  const bundle = join(paths.sidecar, 'ship-env.mjs');
  // On the machine's own disk a ship makes no directory outside of the home.
  mkdirSync(join(folder, 'target'), { recursive: true });
  const where = ['--python', python, '--target', pathToFileURL(join(folder, 'target')).href, '--master', master];
  const result = await lastLineOf('node', [bundle, 'ship', '--json', ...where, ...options], {
    ...env,
    SHIP_ENV_CACHE: join(folder, 'cache')
  });
  return result.conf;
}

/**
 * @param {(file: string) => Promise<string>} publish
 * @param {Conf} conf that names the artifact as a file of this machine
 * @param {import('./deployments.mjs').Cluster} cluster
 * @returns {Promise<Conf>}
 */
async function withArtifactAt(publish, conf, { master }) {
  const key = filesKey(master);
  return { ...conf, [key]: await publish(fileURLToPath(conf[key] ?? '')) };
}

/**
 * Removes what `layoutsOf` made; the cache of segments stays.
 *
 * @param {import('./setting.mjs').Setting} setting
 */
export function removeArtifacts({ folder }) {
  rmSync(join(folder, 'target'), { recursive: true, force: true });
}
