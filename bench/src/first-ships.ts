/** First ships: neither the local cache nor the store has anything of the environment. */
import { join } from 'node:path';
import type { Bench } from './bench.js';
import { clusterPack } from './contenders/cluster-pack.js';
import { shipEnv } from './contenders/ship-env.js';
import type { MeasuredEnvironment } from './environments/measured.js';
import { settle } from './measuring/processes.js';

/** A first ship of ours, and its files. */
export interface ColdShip {
  /** Prefix in the bucket. */
  readonly prefix: string;
  /** Folder of the local cache. */
  readonly cache: string;
  readonly ms: number;
  /** Size of the artifact. */
  readonly bytes: number;
}

/** A first ship of cluster-pack, and its files. */
export interface ClusterPackShip {
  /** Name of the archive in the bucket. */
  readonly name: string;
  /** Cache folder of the pex tool that cluster-pack calls. */
  readonly pexRoot: string;
  readonly ms: number;
  readonly sentBytes: number;
}

/**
 * @param name - name for the ship's own prefix and cache
 * @param options - more options of the command line
 */
export async function shipCold(
  bench: Bench,
  { name: environment, python }: MeasuredEnvironment,
  name: string,
  options: readonly string[] = []
): Promise<ColdShip> {
  const prefix = `${environment}-${name}`;
  const cache = join(bench.work, 'caches', prefix);
  const { ms, result } = await shipEnv(bench, { python, prefix, cache, options });
  return { prefix, cache, ms, bytes: result.artifact.bytes };
}

/**
 * @param name - name for the ship's own archive and cache
 * @param excluded - distributions that are left out
 * @returns undefined when cluster-pack is not compared
 */
export async function clusterPackCold(
  bench: Bench,
  { venv, clusterPackVenv }: MeasuredEnvironment,
  name: string,
  excluded: readonly string[] = []
): Promise<ClusterPackShip | undefined> {
  if (clusterPackVenv === undefined) {
    return undefined;
  }
  const pexRoot = join(bench.work, `pex-root-${name}`);
  settle(clusterPackVenv);
  const measured = await clusterPack(bench, { venv, clusterPackVenv, name, pexRoot, excluded });
  return { name, pexRoot, ...measured };
}

/** @returns a function that does the work once for each environment */
export function oncePerEnvironment<T>(
  work: (environment: MeasuredEnvironment) => Promise<T>
): (environment: MeasuredEnvironment) => Promise<T> {
  const started = new Map<string, Promise<T>>();
  return async environment => {
    const ship = started.get(environment.name) ?? work(environment);
    started.set(environment.name, ship);
    return ship;
  };
}
