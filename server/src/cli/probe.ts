import type { OptionValues } from '../contract/option-lists.js';
import type { ClusterFacts, Misfit, ProbeResult, ProbeStepEvent, Remark } from '../contract/probe.js';
import type { ShipRequest } from '../contract/ship.js';
import { takeSnapshot } from '../environment/index.js';
import { ShipEnvError } from '../errors.js';
import { askCluster, clusterKey, rememberAnswer, rememberedAnswer, type ClusterQuestion } from '../probe/cluster.js';
import { environmentFacts, type EnvironmentFacts } from '../probe/environment-facts.js';
import { judgeCluster } from '../probe/judge-cluster.js';
import { judgePlatform, type Verdict } from '../probe/judge-platform.js';
import { requestedPlatform, requestedPython } from '../probe/platform.js';
import { acceptRequest } from '../ship/accept.js';
import { StepRunner } from '../ship/steps.js';
import { withCache } from '../ship/with-cache.js';
import { Cache } from '../system/cache/cache.js';
import { openTarget, type Target } from '../targets/index.js';
import { count } from '../text/count.js';
import type { Line } from './lines.js';
import { toShipRequest } from './request.js';
import type { View } from './view.js';

/** What a probe needs besides its request. */
interface ProbeContext {
  readonly cache: Cache;
  readonly signal: AbortSignal;
  readonly steps: StepRunner<ProbeStepEvent['name']>;
}

/**
 * `ship-env probe`: says whether what ships would run, on the nodes of a cluster or on a platform.
 *
 * @returns whether it would
 */
export async function probeCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<boolean> {
  const { platform: platformName, pythonVersion } = options;
  const platform = platformName === undefined ? undefined : requestedPlatform(platformName);
  const python = pythonVersion === undefined ? undefined : requestedPython(pythonVersion);
  const request = await toShipRequest(options);
  const cache = await Cache.open();
  const context = { cache, signal, steps: new StepRunner<ProbeStepEvent['name']>(event => view.step(event), signal) };
  const result = await withCache(cache, async () => {
    if (platform === undefined && python === undefined) return onCluster(request, options.fresh === true, context);
    return toResult(judgePlatform(await lookAtWhatShips(request, context), { platform, python }));
  });
  view.result(result, resultLines(result));
  return result.ok;
}

/** Asks the cluster, unless an answer of the last hour says that all is well. */
async function onCluster(asked: ShipRequest, isFresh: boolean, context: ProbeContext): Promise<ProbeResult> {
  const target = await openTarget(asked.target, asked.python);
  try {
    const { request } = await acceptRequest(asked, target);
    refuseConnect(request.master);
    const environment = await lookAtWhatShips(request, context);
    const { interpreter } = environment;
    const question = { python: interpreter.executable, interpreter, master: request.master };
    const shared = 'shared' in request.target && request.target.shared === true;
    const judge = (facts: ClusterFacts, ageMs: number): ProbeResult =>
      toResult(judgeCluster(environment, facts, { shared }), facts, ageMs);
    const key = await clusterKey(question, target.url, process.env);
    if (!isFresh) {
      const known = await rememberedAnswer(context.cache, key, Date.now());
      const result = known && judge(known.facts, known.ageMs);
      // What was wrong may be repaired by now.
      if (result?.ok === true) return result;
    }
    const facts = await askInSteps(question, target, context);
    await rememberAnswer(context.cache, key, facts);
    return judge(facts, 0);
  } finally {
    target.close();
  }
}

/** The client of a Spark Connect server starts no executor itself. */
function refuseConnect(master: string): void {
  if (!master.startsWith('sc://')) return;
  throw new ShipEnvError('CONFIG_MASTER_UNSUPPORTED', 'A Spark Connect server does not run the job of the probe.', {
    hint: "Probe the cluster behind the server with that cluster's own master, or use --platform and --python-version."
  });
}

/** The steps `session`, `nodes` and `target`. */
async function askInSteps(
  question: ClusterQuestion,
  target: Target,
  { signal, steps }: ProbeContext
): Promise<ClusterFacts> {
  let step = steps.begin('session');
  let executors = 0;
  const next = (name: ProbeStepEvent['name'], detail: string): void => {
    step.done(detail);
    step = steps.begin(name);
  };
  try {
    const facts = await askCluster(question, target, {
      signal,
      onStage: stage => {
        if (stage.name === 'executors') step.report({ detail: count((executors = stage.count), 'executor') });
        if (stage.name === 'asking') next('nodes', count(executors, 'executor'));
        if (stage.name === 'reading') next('target', 'answered');
      }
    });
    step.done(facts.target.state);
    return facts;
  } finally {
    step.end();
  }
}

async function lookAtWhatShips(
  request: ShipRequest,
  { cache, signal, steps }: ProbeContext
): Promise<EnvironmentFacts> {
  return steps.run('snapshot', async report => {
    const snapshot = await takeSnapshot({
      python: request.python,
      cache,
      signal,
      onProgress: (done, total) => report({ done, total })
    });
    const value = await environmentFacts(snapshot, request, signal);
    const detail = `Python ${value.interpreter.version}, ${count(value.wheels.length, 'distribution')}`;
    return { value, detail };
  });
}

function toResult({ remarks, misfits }: Verdict, cluster?: ClusterFacts, ageMs = 0): ProbeResult {
  return {
    type: 'result',
    ok: remarks.every(({ level }) => level !== 'problem'),
    remarks: [...remarks],
    misfits: [...misfits],
    ...(cluster === undefined ? {} : { cluster }),
    ageMs
  };
}

/** How a remark looks to a person. */
const MARKS = { good: ['good', '✓'], warning: ['warn', '!'], problem: ['bad', '✗'] } as const;

function resultLines({ ok, remarks, misfits, cluster, ageMs }: ProbeResult): Line[] {
  return [
    ...misfits.flatMap(misfitLines),
    ...remarks.flatMap(remarkLines),
    ...(cluster === undefined ? [] : [verdictLine(ok, remarks)]),
    ...(ageMs === 0
      ? []
      : [`The cluster said this ${count(Math.floor(ageMs / 60_000), 'minute')} ago; --fresh asks it again.`])
  ];
}

function verdictLine(ok: boolean, remarks: readonly Remark[]): Line {
  if (!ok) return ['bad', 'What ships would not run there.'];
  const warnings = remarks.filter(({ level }) => level === 'warning').length;
  return ['good', 'What ships would run there', warnings === 0 ? '.' : `; ${count(warnings, 'warning')}.`];
}

function misfitLines({ name, version, tags, reason, fits }: Misfit): Line[] {
  return [['bad', '✗', ` ${name} ${version} ${reason}; its tag: ${tags.join(', ')}`], `  What fits: ${fits}.`];
}

function remarkLines({ level, message, hint }: Remark): Line[] {
  const [style, mark] = MARKS[level];
  return [[style, mark, ` ${message}`], ...(hint === '' ? [] : [`  ${hint}`])];
}
