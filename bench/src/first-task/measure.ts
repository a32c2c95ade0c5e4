/**
 * Measures on real Spark the time from a ready session to the end of the first task, which imports numpy, pandas,
 * pyarrow and sklearn on the executors.
 *
 * Two executors on one node. The compared cases take turns, round after round, so that a slow phase of the machine
 * affects all of them. Each case has a fresh node, on a file system in memory.
 */
import { endLeftovers } from '../../../scripts/lib/process.mjs';
import { step } from '../../../scripts/lib/terminal.mjs';
import { median, minimum } from '../measuring/figures.js';
import type { FirstTaskRow, Summary } from '../report/results.js';
import { runApplication, type ApplicationResult } from './application.js';
import { startCluster, type Cluster, type Deployment } from './cluster.js';
import { layoutsOf, removeArtifacts, type Layout } from './layouts.js';
import { prepareFirstTask, type FirstTaskSetup } from './setup.js';

/** One measured application. */
interface Run extends ApplicationResult {
  readonly layout: string;
  readonly state: FirstTaskRow['state'];
}

/**
 * Measures. Needs the sidecar's bundle (`npm run build`), Linux and, unless root, user namespaces.
 *
 * @param env - from `setUp`
 * @param options.runs - rounds
 */
export async function measureFirstTask(
  env: NodeJS.ProcessEnv,
  { deployments, runs }: { deployments: readonly Deployment[]; runs: number }
): Promise<FirstTaskRow[]> {
  const setup = await step('environments', async () => prepareFirstTask(env));
  const rows: FirstTaskRow[] = [];
  try {
    for (const deployment of deployments) {
      rows.push(...(await measureOn(deployment, setup, runs)));
    }
  } finally {
    await endLeftovers();
    removeArtifacts(setup);
  }
  return rows;
}

async function measureOn(deployment: Deployment, setup: FirstTaskSetup, rounds: number): Promise<FirstTaskRow[]> {
  const cluster = await step(deployment, async () => startCluster(deployment, setup));
  try {
    const layouts = await layoutsOf(setup, cluster);
    const runs: Run[] = [];
    for (let round = 1; round <= rounds; round++) {
      await step(
        `${deployment}, round ${round}`,
        async () => {
          for (const layout of layouts) {
            runs.push(...(await runLayout(layout, setup, cluster)));
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

async function runLayout({ name, steps }: Layout, setup: FirstTaskSetup, cluster: Cluster): Promise<Run[]> {
  const node = await cluster.freshNode();
  try {
    const runs: Run[] = [];
    for (const { state, conf } of steps) {
      runs.push({ layout: name, state, ...(await runApplication(conf, setup, cluster)) });
    }
    return runs;
  } finally {
    await node.stop();
  }
}

/** @param runs - all runs, those of the baseline first */
function summarize(deployment: Deployment, runs: readonly Run[]): FirstTaskRow[] {
  const groups = new Map<string, [Run, ...Run[]]>();
  for (const one of runs) {
    const key = `${one.layout}, ${one.state}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [one]);
    } else {
      group.push(one);
    }
  }
  const [baseline = []] = groups.values();
  const base = summaryOf(baseline.map(one => one.firstTaskSeconds));
  return [...groups.values()].map(group => {
    const firstTaskSeconds = summaryOf(group.map(one => one.firstTaskSeconds));
    return {
      deployment,
      layout: group[0].layout,
      state: group[0].state,
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

function summaryOf(values: readonly number[]): Summary {
  return { minimum: minimum(values), median: median(values) };
}
