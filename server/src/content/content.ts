import type { Cache } from '../system/cache/cache.js';
import type { Distribution, Finding, Interpreter, Snapshot } from '../contract/snapshot.js';
import type { LazyDistribution } from '../environment/lazy.js';
import type { LazySegment, SegmentMemory } from './segments/types.js';
import type { StayHomeOptions } from './stay-home.js';

/** An environment to plan for: a snapshot, whole, or with distributions that are read only when someone needs them. */
export interface Plannable extends Pick<Snapshot, 'interpreter' | 'editables'> {
  readonly distributions: readonly (Distribution | LazyDistribution)[];
}

/** What planning needs of the run that it belongs to. */
export interface PlanContext {
  /** Keeps what is compiled until it is in a segment. */
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Distributions whose contents are known, and how many there are; `detail` names the one that came last. */
  readonly onProgress?: ((progress: { done: number; total: number; detail: string }) => void) | undefined;
}

export interface ContentOptions extends StayHomeOptions, PlanContext {
  /** What was planned before for the same interpreter. */
  readonly memory?: SegmentMemory | undefined;
}

/** What ships of an environment, whatever the format of the artifact. */
export interface Content {
  readonly interpreter: Interpreter;
  /** Largest first, so that what seldom changes keeps its neighbours when an artifact takes over bytes of an earlier one. */
  readonly segments: readonly LazySegment[];
  readonly findings: readonly Finding[];
}
