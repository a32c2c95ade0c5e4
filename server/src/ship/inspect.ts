import type { Cache } from '../system/cache/cache.js';
import { shippedEditables } from '../content/code/shipped.js';
import type { Manifest } from '../contract/manifest.js';
import type { ShipRequest } from '../contract/ship.js';
import type { Editable } from '../contract/snapshot.js';
import { lookAtEnvironment, type LazySnapshot } from '../environment/index.js';
import type { Target } from '../targets/target.js';
import { count } from '../text/count.js';
import { publishedManifest } from '../trust/published.js';
import { Verified } from '../trust/verified.js';
import { planLazily, type LazyPlan } from './plan.js';
import type { StepRunner } from './steps.js';

/** What is known before the build: the environment, the name of its artifact, and what the target holds. */
export interface Inspected {
  readonly snapshot: LazySnapshot;
  readonly plan: LazyPlan;
  /** The editables whose code ships. */
  readonly editables: readonly Editable[];
  /** The manifest on the target; undefined when the environment is not published there. */
  readonly published: Manifest | undefined;
  /** The objects of the target that were verified before. */
  readonly verified: Verified;
}

/**
 * Inspects an environment and a target: the steps `snapshot` and `plan`. A ship, a dry run and the config of a shipped
 * environment use it. Writes nothing to the target.
 *
 * @throws ShipEnvError as `lookAtEnvironment`, `planLazily` and `publishedManifest` do
 */
export async function inspect(
  request: ShipRequest,
  target: Target,
  steps: Pick<StepRunner<'snapshot' | 'plan'>, 'run'>,
  { cache, signal }: { cache: Cache; signal: AbortSignal }
): Promise<Inspected> {
  const snapshot = await steps.run('snapshot', async report => {
    const value = await lookAtEnvironment({
      python: request.python,
      cache,
      signal,
      onProgress: (done, total) => report({ done, total })
    });
    return { value, detail: snapshotText(value) };
  });
  return steps.run('plan', async report => {
    const plan = await planLazily(snapshot, request, { cache, signal, onProgress: report });
    const verified = await Verified.open(cache, target);
    const published = await publishedManifest(target, plan, { cache, verified, signal, report });
    await verified.save();
    const editables = shippedEditables(snapshot.editables, request);
    return {
      value: { snapshot, plan, editables, published, verified },
      detail: `${plan.id} is ${published === undefined ? 'new' : 'on the target already'}`
    };
  });
}

function snapshotText({ interpreter, distributions, editables }: LazySnapshot): string {
  return (
    `Python ${interpreter.version}, ${count(distributions.length, 'distribution')}, ` +
    count(editables.length, 'editable')
  );
}
