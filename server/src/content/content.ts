import type { Cache } from '../system/cache/cache.js';
import type { Distribution, Finding, Interpreter, Snapshot } from '../contract/snapshot.js';
import type { LazyDistribution } from '../environment/lazy.js';
import type { LazySegment, SegmentMemory } from './segments/types.js';
import type { StayHomeOptions } from './stay-home.js';

/** An environment to plan for: a snapshot whose distributions are complete or are read only when they are needed. */
export interface Plannable extends Pick<Snapshot, 'interpreter' | 'editables'> {
  readonly distributions: readonly (Distribution | LazyDistribution)[];
}

/** What planning needs besides its input. */
export interface PlanContext {
  /** Stores compiled modules until they are in a segment. */
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Called with the number of planned distributions, the number of all, and the name of the one planned last. */
  readonly onProgress?: ((progress: { done: number; total: number; detail: string }) => void) | undefined;
}

export interface ContentOptions extends StayHomeOptions, PlanContext {
  /** Plans that were made before for the same interpreter. */
  readonly memory?: SegmentMemory | undefined;
}

/** What ships of an environment, whatever the format of the artifact. */
export interface Content {
  readonly interpreter: Interpreter;
  /** Largest first. So segments that seldom change stay neighbours, and a target can copy long runs of bytes. */
  readonly segments: readonly LazySegment[];
  readonly findings: readonly Finding[];
}
