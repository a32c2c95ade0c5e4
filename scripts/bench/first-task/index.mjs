/**
 * How long it takes from a session that is ready to the end of the first task that imports numpy, pandas, pyarrow and
 * sklearn on its executors, on real Spark.
 *
 * Two executors on one node. What is compared runs in turns, round after round, so that a machine that slows down does so
 * for all; a node is a fresh one for each way to bring the environment, on a file system in memory.
 */
import { endLeftovers } from '../../lib/process.mjs';
import { step } from '../../lib/terminal.mjs';
import { runApplication } from './application.mjs';
import { DEPLOYMENTS } from './deployments.mjs';
import { layoutsOf, removeArtifacts } from './layouts.mjs';
import { prepareSetting } from './setting.mjs';

/** @typedef {{minimum: number, median: number}} Summary of some runs, in seconds */
/**
 * @typedef {object} Row
 * @property {string} deployment
 * @property {string} layout
 * @property {'cold' | 'warm' | 'delta'} state
 * @property {Summary} sessionSeconds until the session and all of its executors are ready
 * @property {Summary} firstTaskSeconds from then to the end of the first task
 * @property {Summary} importSeconds that part of the first task
 * @property {Summary} ratio of firstTaskSeconds to that of a virtual environment which is on the node
 */
/** @typedef {import('./application.mjs').Result & {layout: string, state: 'cold' | 'warm' | 'delta'}} Run */

/**
 * Measures. Needs the sidecar's bundle (`npm run build`), Linux and, unless root, user namespaces.
 *
 * @param {NodeJS.ProcessEnv} env from `setUp`
 * @param {{deployments: readonly string[], runs: number}} options
 * @returns {Promise<Row[]>}
 */
export async function measureFirstTask(env, { deployments, runs }) {
  const setting = await step('environments', () => prepareSetting(env));
  const rows = [];
  try {
    for (const name of deployments) {
      const start = DEPLOYMENTS[name];
      if (start === undefined) {
        throw new RangeError(`There is no deployment '${name}': ${Object.keys(DEPLOYMENTS).join(', ')}.`);
      }
      rows.push(...(await measureOn(name, start, setting, runs)));
    }
  } finally {
    await endLeftovers();
    removeArtifacts(setting);
  }
  return rows;
}

/**
 * @param {string} deployment
 * @param {(setting: import('./setting.mjs').Setting) => Promise<import('./deployments.mjs').Cluster>} start
 * @param {import('./setting.mjs').Setting} setting
 * @param {number} rounds
 * @returns {Promise<Row[]>}
 */
async function measureOn(deployment, start, setting, rounds) {
  const cluster = await step(deployment, () => start(setting));
  try {
    const layouts = await layoutsOf(setting, cluster);
    /** @type {Run[]} */
    const runs = [];
    for (let round = 1; round <= rounds; round++) {
      await step(
        `${deployment}, round ${round}`,
        async () => {
          for (const layout of layouts) {
            runs.push(...(await runLayout(layout, setting, cluster)));
          }
        },
        () => `${layouts.length} ways`
      );
    }
    return summarize(deployment, runs);
  } finally {
    await cluster.stop();
  }
}

/**
 * @param {import('./layouts.mjs').Layout} layout
 * @param {import('./setting.mjs').Setting} setting
 * @param {import('./deployments.mjs').Cluster} cluster
 * @returns {Promise<Run[]>}
 */
async function runLayout({ name, steps }, setting, cluster) {
  const node = await cluster.freshNode();
  try {
    const runs = [];
    for (const { state, conf } of steps) {
      runs.push({ layout: name, state, ...(await runApplication(conf, setting, cluster)) });
    }
    return runs;
  } finally {
    await node.stop();
  }
}

/**
 * @param {string} deployment
 * @param {readonly Run[]} runs
 * @returns {Row[]}
 */
function summarize(deployment, runs) {
  /** @type {Map<string, Run[]>} */
  const groups = new Map();
  for (const one of runs) {
    const key = `${one.layout}, ${one.state}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const [baseline = []] = groups.values();
  const base = summaryOf(baseline.map(({ firstTaskSeconds }) => firstTaskSeconds));
  return [...groups.values()].flatMap(group => {
    const [first] = group;
    if (first === undefined) {
      return [];
    }
    const firstTaskSeconds = summaryOf(group.map(one => one.firstTaskSeconds));
    return {
      deployment,
      layout: first.layout,
      state: first.state,
      sessionSeconds: summaryOf(group.map(one => one.sessionSeconds)),
      firstTaskSeconds,
      importSeconds: summaryOf(group.map(one => Math.max(...one.executors.map(({ importSeconds }) => importSeconds)))),
      ratio: {
        minimum: firstTaskSeconds.minimum / base.minimum,
        median: firstTaskSeconds.median / base.median
      }
    };
  });
}

/**
 * @param {readonly number[]} values
 * @returns {Summary}
 */
function summaryOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ index) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { minimum: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2 };
}
