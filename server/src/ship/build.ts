import { archiveAll, type ArchivedCode } from '../content/code/shipped.js';
import type { ArtifactBuild, ArtifactPlan } from '../formats/format.js';
import { count } from '../text/count.js';
import type { Inspected } from './inspect.js';
import type { ShipRun } from './run.js';
import type { OpenStep } from './steps.js';

/** What a ship brings: the code, and the artifact unless the target holds it. */
export interface Begun {
  readonly code: readonly ArchivedCode[];
  /** Absent when the environment is published. */
  readonly fresh: { readonly plan: ArtifactPlan; readonly build: ArtifactBuild } | undefined;
}

/** Archives the code, and begins to build what the target lacks. The upload may begin when this settles. */
export async function beginBuild(
  { editables, published, plan }: Inspected,
  { request, context, target }: ShipRun,
  step: OpenStep,
  signal: AbortSignal
): Promise<Begun> {
  const { cache, digests } = context;
  // Where nothing can be written, minutes of building would be for nothing. A dry run writes nothing.
  const isWritten = published === undefined && !request.dryRun;
  const writable = isWritten ? target.requireWritable(signal) : Promise.resolve();
  // It is awaited below, unless the code fails before.
  writable.catch(() => undefined);
  // The code first: a secret in it must stop the ship before minutes go into the artifact.
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
 * @returns how many segments need not be compressed
 */
export async function endBuild({ code, fresh }: Begun, { published }: Inspected, step: OpenStep): Promise<number> {
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
