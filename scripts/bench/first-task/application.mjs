/** One application of the measurement: application.py, and what came of it. */
import { fileURLToPath } from 'node:url';
import { lastLineOf } from './json.mjs';

const APPLICATION = fileURLToPath(new URL('application.py', import.meta.url));

/**
 * @typedef {object} Result
 * @property {number} sessionSeconds
 * @property {number} firstTaskSeconds
 * @property {{importSeconds: number, python: string, modules: string[]}[]} executors
 */

/**
 * Runs one application whose first task goes to every executor.
 *
 * @param {import('./layouts.mjs').Conf} conf
 * @param {import('./setting.mjs').Setting} setting
 * @param {import('./deployments.mjs').Cluster} cluster
 * @returns {Promise<Result>}
 * @throws {Error} when an executor used something of a folder that its node must not see
 */
export async function runApplication(conf, { python, hidden, env, executors }, cluster) {
  const specification = {
    executors,
    conf: {
      'spark.master': cluster.master,
      'spark.driver.host': '127.0.0.1',
      'spark.driver.bindAddress': '127.0.0.1',
      'spark.ui.enabled': 'false',
      // The session is ready when every executor is, and not before.
      'spark.scheduler.minRegisteredResourcesRatio': '1',
      'spark.scheduler.maxRegisteredResourcesWaitingTime': '120s',
      ...cluster.conf,
      ...conf
    }
  };
  const result = await lastLineOf(python, [APPLICATION, JSON.stringify(specification)], { ...env, ...cluster.env });
  for (const { python: used, modules } of result.executors) {
    const strangers = [used, ...modules].filter(path => hidden.some(place => path.startsWith(`${place}/`)));
    if (strangers.length > 0) {
      throw new Error(`An executor used what its node must not see: ${strangers.join(', ')}.`);
    }
  }
  return result;
}
