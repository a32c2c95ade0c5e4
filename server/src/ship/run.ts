import type { Cache } from '../system/cache/cache.js';
import type { ShipRequest, StepEvent } from '../contract/ship.js';
import type { Deployment } from '../deployments/deployment.js';
import type { DigestMemory } from '../payloads/digest-memory.js';
import type { Target } from '../targets/target.js';
import type { KnownManifests } from './holdings.js';
import type { StepRunner } from './steps.js';

/** What a ship needs from where it runs. */
export interface ShipContext {
  readonly cache: Cache;
  /** Cancels: nothing of this ship stays on the target, unless everything is published already. */
  readonly signal: AbortSignal;
  /** Called with every step event, in order. */
  readonly emit: (event: StepEvent) => void;
  /** Kept by a process that ships more than once, so that what a store copies is not read again each time. */
  readonly digests?: DigestMemory | undefined;
  /** Kept likewise, so that manifests on a target are read once. */
  readonly manifests?: KnownManifests | undefined;
}

/** One ship under way, as its steps see it. */
export interface ShipRun {
  readonly request: ShipRequest;
  readonly deployment: Deployment;
  readonly target: Target;
  readonly context: ShipContext;
  readonly steps: StepRunner;
}
