/** Runs one application of the measurement: application.py. */
import { fileURLToPath } from 'node:url';
import type { Cluster } from './cluster.js';
import { lastJsonLine } from './json-lines.js';
import type { Conf } from './layouts.js';
import type { ClusterSetup } from './setup.js';

const APPLICATION = fileURLToPath(new URL('application.py', import.meta.url));

/** The output of application.py. */
export interface ApplicationResult {
  readonly sessionSeconds: number;
  readonly firstTaskSeconds: number;
  readonly executors: readonly {
    readonly importSeconds: number;
    readonly python: string;
    /** Files of the imported modules. */
    readonly modules: readonly string[];
  }[];
}

/**
 * Runs one application whose first task goes to every executor.
 *
 * @throws {@link Error} when an executor used a file in a folder that its node must not see
 */
export async function runApplication(
  conf: Conf,
  { python, hidden, env, executors }: ClusterSetup,
  cluster: Cluster
): Promise<ApplicationResult> {
  const specification = {
    executors,
    conf: {
      'spark.master': cluster.master,
      'spark.driver.host': '127.0.0.1',
      'spark.driver.bindAddress': '127.0.0.1',
      'spark.ui.enabled': 'false',
      // The session is ready only when every executor is ready.
      'spark.scheduler.minRegisteredResourcesRatio': '1',
      'spark.scheduler.maxRegisteredResourcesWaitingTime': '120s',
      ...cluster.conf,
      ...conf
    }
  };
  const args = [APPLICATION, JSON.stringify(specification)];
  const result = (await lastJsonLine(python, args, { ...env, ...cluster.env })) as ApplicationResult;
  for (const { python: used, modules } of result.executors) {
    const strangers = [used, ...modules].filter(path => hidden.some(folder => path.startsWith(`${folder}/`)));
    if (strangers.length > 0) {
      throw new Error(`An executor used files that its node must not see: ${strangers.join(', ')}.`);
    }
  }
  return result;
}
