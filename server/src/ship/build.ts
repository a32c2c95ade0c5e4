import type { ArchivedEditable } from '../content/code/archive.js';
import { archiveAll } from '../content/code/shipped.js';
import type { ArtifactBuild, ArtifactPlan } from '../formats/format.js';
import { count } from '../text/count.js';
import type { Inspected } from './inspect.js';
import type { ShipRun } from './run.js';
import type { OpenStep } from './steps.js';

/** What a ship sends: the code, and the artifact unless the target holds it. */
export interface BegunBuild {
  readonly code: readonly ArchivedEditable[];
  /** Undefined when the environment is published already. */
  readonly fresh: { readonly plan: ArtifactPlan; readonly build: ArtifactBuild } | undefined;
}

/**
 * Archives the code, and begins to build the artifact if the target lacks it. The upload may begin when this settles.
 */
export async function beginBuild(
  { editables, published, plan }: Inspected,
  { request, context, target }: ShipRun,
  step: OpenStep,
  signal: AbortSignal
): Promise<BegunBuild> {
  const { cache, digests } = context;
  // When the target cannot be written, minutes of building would be in vain. A dry run writes nothing.
  const isWritten = published === undefined && !request.dryRun;
  const writable = isWritten ? target.requireWritable(signal) : Promise.resolve();
  // The promise is awaited below, unless archiving the code fails first.
  writable.catch(() => undefined);
  // The code is archived first: a secret in the code must stop the ship before the artifact takes minutes.
  const { allowSecrets } = request;
  const code = await archiveAll(editables, { cache, signal, allowSecrets, onProgress: step.report });
  if (published !== undefined) return { code, fresh: undefined };
  await writable;
  const whole = await plan.whole();
  const build = whole.build({
    cache,
    signal,
    digests,
    onProgress: ({ doneBytes, totalBytes, detail }) => step.report({ done: doneBytes, total: totalBytes, detail })
  });
  return { code, fresh: { plan: whole, build } };
}

/**
 * Waits until every segment is in the cache.
 *
 * @returns how many segments were in the cache already
 */
export async function endBuild({ code, fresh }: BegunBuild, { published }: Inspected, step: OpenStep): Promise<number> {
  const codeDetail = code.length === 0 ? '' : `, ${count(code.length, 'code archive')}`;
  if (fresh === undefined) {
    step.done(`nothing to build${codeDetail}`);
    return published?.segments.length ?? 0;
  }
  const { builtSegments, reusedSegments } = await fresh.build.segments;
  const all = count(fresh.plan.content.segments.length, 'distribution');
  step.done(`${builtSegments} of ${all} compressed anew${codeDetail}`);
  return reusedSegments;
}
