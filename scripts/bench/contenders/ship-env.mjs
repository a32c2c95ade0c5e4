/** `ship-env ship` as a process: the console script, as a person or a CI job calls it. */
import { join } from 'node:path';
import { ScriptFailure } from '../../lib/main.mjs';
import { CommandFailed } from '../../lib/process.mjs';
import { timed } from '../measure.mjs';
import { BUCKET } from '../store.mjs';

/**
 * @typedef {object} ShipResult the fields of the last JSON line that the benchmark reads
 * @property {{name: string, bytes: number}} artifact
 * @property {{bytes: number}[]} code
 * @property {number} uploadedBytes
 * @property {boolean} reused
 * @property {number} copiedBytes put together on the store from earlier artifacts
 * @property {number} reusedSegments
 * @property {{name: string, ms: number}[]} steps
 *
 * @typedef {object} Ship
 * @property {string} python of the environment
 * @property {string} prefix in the bucket
 * @property {string} cache folder of the local cache
 * @property {readonly string[]} [options] more of the command line
 */

/**
 * @param {import('../context.mjs').Bench} bench
 * @param {Ship} ship
 * @returns {Promise<{ms: number, sentBytes: number, result: ShipResult}>}
 * @throws {ScriptFailure} when it does not ship
 */
export async function shipEnv(bench, { python, prefix, cache, options = [] }) {
  const target = `s3://${BUCKET}/${prefix}`;
  const args = ['ship', '--python', python, '--target', target, '--json', ...options];
  const { proxy, counted } = bench.store;
  const env = { ...bench.env, ...bench.store.env(counted), SHIP_ENV_CACHE: cache };
  proxy.sentBytes = 0;
  try {
    const { ms, output } = await timed(join(bench.shipEnvVenv, 'bin', 'ship-env'), args, { env });
    return { ms, sentBytes: proxy.sentBytes, result: resultIn(output) };
  } catch (error) {
    if (error instanceof CommandFailed) {
      throw new ScriptFailure(`ship-env did not ship: ${error.output.trim().split('\n').at(-1)}`, { cause: error });
    }
    throw error;
  }
}

/**
 * @param {string} output JSON lines; what a program prints on stderr may stand between them
 * @returns {ShipResult}
 * @throws {ScriptFailure} when there is no result
 */
export function resultIn(output) {
  const line = output.split('\n').findLast(text => text.startsWith('{"type":"result"'));
  if (line === undefined) {
    throw new ScriptFailure(`The ship ended without a result:\n${output.slice(-2000)}`);
  }
  return JSON.parse(line);
}
