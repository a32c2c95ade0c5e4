import { createHash } from 'node:crypto';
import type { ArtifactPlan, PromisedLayout } from '../types.js';
import { headOf } from './head.js';
import { tailEntries } from './tail.js';

/** See {@link PromisedLayout}. Pure. */
export function promisedPex(plan: ArtifactPlan): PromisedLayout {
  const head = headOf(plan);
  const least = plan.segments.reduce(
    (sum, { entryCount }) => sum + entryCount,
    head.entries.length + tailEntries(plan.seed)
  );
  return {
    head: { length: head.bytes.length, sha256: createHash('sha256').update(head.bytes).digest('hex') },
    // A segment may carry an entry more: what was compiled of its modules.
    entries: { least, most: least + plan.segments.length }
  };
}
