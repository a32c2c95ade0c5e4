import { ArtifactFromSegments } from '../build.js';
import type { ArtifactBuild, BuildOptions } from '../format.js';
import { headOf } from './head.js';
import type { PexPlan } from './plan.js';
import { tailEntries, tailOf } from './tail.js';

/** Begins to build a PEX. */
export function buildPex(plan: PexPlan, options: BuildOptions): ArtifactBuild {
  const { id, name, content, identity, seed } = plan;
  const head = headOf(plan);
  return new ArtifactFromSegments(
    {
      ...{ id, name, content, head, isExecutable: true },
      tail: (segments, offset) => tailOf(plan, head, segments, offset),
      manifest: (facts, segments) => ({
        schema: 1,
        id,
        format: 'pex',
        python: identity.python,
        ...facts,
        entries: segments.reduce((sum, { entryCount }) => sum + entryCount, head.entries.length + tailEntries(seed))
      })
    },
    options
  );
}
