/** `ship-env ship` as a process: the console script, as a person or a CI job calls it. */
import { join } from 'node:path';
import { ScriptFailure } from '../../../scripts/lib/main.mjs';
import { CommandFailed } from '../../../scripts/lib/process.mjs';
import type { Bench } from '../bench.js';
import { timed } from '../measuring/processes.js';
import { BUCKET } from '../store/store.js';

/** The fields of a ship's result that the benchmark reads. Earlier wheels have the same fields. */
export interface ShipResult {
  readonly artifact: { readonly name: string; readonly bytes: number };
  readonly code: readonly { readonly bytes: number }[];
  /** Bytes that the store copied from earlier artifacts. */
  readonly copiedBytes: number;
  readonly reusedSegments: number;
}

/** A successful ship. */
export interface MeasuredShip {
  readonly ms: number;
  /** Bytes from the client to the store, counted by the proxy. */
  readonly sentBytes: number;
  readonly result: ShipResult;
}

/** A ship to start. */
export interface Ship {
  /** The python of the environment. */
  readonly python: string;
  /** In the bucket. */
  readonly prefix: string;
  /** Folder of the local cache. */
  readonly cache: string;
  /** More options of the command line. */
  readonly options?: readonly string[];
}

/** @throws {@link ScriptFailure} when the ship fails */
export async function shipEnv(bench: Bench, { python, prefix, cache, options = [] }: Ship): Promise<MeasuredShip> {
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
      throw new ScriptFailure(`ship-env did not ship: ${error.output.trim().split('\n').at(-1) ?? ''}`, {
        cause: error
      });
    }
    throw error;
  }
}

/**
 * The result of a ship, parsed from its output.
 *
 * @param output - JSON lines; lines from stderr may be between them
 * @throws {@link ScriptFailure} when there is no result
 */
export function resultIn(output: string): ShipResult {
  const line = output.split('\n').findLast(text => text.startsWith('{"type":"result"'));
  if (line === undefined) {
    throw new ScriptFailure(`The ship ended without a result:\n${output.slice(-2000)}`);
  }
  return JSON.parse(line) as ShipResult;
}
