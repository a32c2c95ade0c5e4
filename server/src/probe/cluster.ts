import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { clusterFacts, type ClusterFacts, type TargetReach } from '../contract/probe.js';
import { bufferPayload } from '../payloads/buffer.js';
import { findSpark } from '../spark/installation.js';
import type { Cache } from '../system/cache/cache.js';
import { probeName } from '../targets/probe.js';
import type { Target } from '../targets/target.js';
import { parseJson } from '../text/json.js';
import { hostsThatDeny, nodesOf } from './node-facts.js';
import { askExecutors, type Answer, type Question, type Stage } from './session.js';

/** How long the removal of the probe object may take after a failure or an abort. */
const CLEAN_UP_MS = 5000;

/** What {@link askCluster} needs. */
export type ClusterQuestion = Pick<Question, 'python' | 'interpreter' | 'master'>;

/**
 * Asks the nodes of a cluster, and lets them read a probe object of the target. The object is removed, whatever happens.
 *
 * @throws ShipEnvError TARGET_*, and as {@link askExecutors}
 */
export async function askCluster(
  question: ClusterQuestion,
  target: Target,
  context: { readonly signal: AbortSignal; readonly onStage: (stage: Stage) => void }
): Promise<ClusterFacts> {
  const { signal } = context;
  const conf = target.access.sparkProperties();
  // Tells what is wrong with the target before a session is paid for.
  const checked = await target.check(signal);
  if ('parent' in checked) {
    const none = { name: '', text: '', uri: '', path: '' };
    return factsOf(await askExecutors({ ...question, conf, object: none }, context), '');
  }
  const name = probeName();
  const text = randomBytes(16).toString('hex');
  const uri = target.access.uri(name);
  const path = uri.startsWith('file:') ? fileURLToPath(uri) : '';
  let isThere = true;
  try {
    await target.write(bufferPayload(name, Buffer.from(`${text}\n`)), { signal, isFree: true });
    const answer = await askExecutors({ ...question, conf, object: { name, text, uri, path } }, context);
    await target.remove(name, signal);
    isThere = false;
    return factsOf(answer, path);
  } finally {
    // The first error matters more than an error of the removal.
    if (isThere) await target.remove(name, AbortSignal.timeout(CLEAN_UP_MS)).catch(() => undefined);
  }
}

function factsOf({ spark, master, rounds, reach }: Answer, path: string): ClusterFacts {
  return {
    master,
    driverSpark: spark,
    nodes: nodesOf(rounds),
    target: reachOf(reach, path),
    asked: new Date().toISOString()
  };
}

function reachOf(reach: Answer['reach'], path: string): TargetReach {
  if (reach === undefined) return { state: 'not-tried', message: '' };
  if ('message' in reach) {
    return {
      state: 'failed',
      message: reach.by === 'driver' ? `the driver cannot read it. ${reach.message}` : reach.message
    };
  }
  const without = hostsThatDeny('object', reach);
  const blind = path === '' ? {} : { blind: hostsThatDeny('seen', reach) };
  if (without.length === 0) return { state: 'read', message: '', ...blind };
  return { state: 'failed', message: `its bytes did not come to ${without.join(', ')}.`, ...blind };
}

/** An answer is believed for an hour. */
const FRESH_MS = 3_600_000;

/** Variables that choose what a session of Spark connects to. */
const VARIABLES = ['SPARK_HOME', 'SPARK_CONF_DIR', 'HADOOP_CONF_DIR', 'YARN_CONF_DIR', 'KUBECONFIG'];

/**
 * The name of a cluster's answer in the cache: the master, the target, the Spark of this machine with its configuration, and
 * the Python for which the nodes were asked.
 */
export async function clusterKey(
  { python, interpreter, master }: ClusterQuestion,
  targetUrl: string,
  env: NodeJS.ProcessEnv
): Promise<string> {
  const spark = await findSpark({ python, env });
  const parts = [master, targetUrl, spark?.home, spark?.version, interpreter.minor, interpreter.abiTag];
  const all = JSON.stringify([...parts, ...VARIABLES.map(name => env[name])]);
  return createHash('sha256').update(all).digest('hex');
}

/** What the cluster told less than an hour ago; undefined when it was not asked. */
export async function rememberedAnswer(
  cache: Cache,
  key: string,
  now: number
): Promise<{ facts: ClusterFacts; ageMs: number } | undefined> {
  const kept = await cache.hint('probes', key);
  const parsed = clusterFacts.safeParse(kept === undefined ? undefined : parseJson(kept.toString('utf8')));
  if (!parsed.success) return undefined;
  const ageMs = now - Date.parse(parsed.data.asked);
  return ageMs >= 0 && ageMs < FRESH_MS ? { facts: parsed.data, ageMs } : undefined;
}

/** Remembers what a cluster told. */
export async function rememberAnswer(cache: Cache, key: string, facts: ClusterFacts): Promise<void> {
  await cache.replace('probes', key, JSON.stringify(facts));
}
