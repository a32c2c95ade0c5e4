import type { Cache } from '../system/cache/cache.js';
import type { StepEvent } from '../contract/ship.js';
import type { DigestMemory } from '../payloads/digest-memory.js';
import type { Target } from '../targets/target.js';
import type { Accepted } from './accept.js';
import type { KnownManifests } from './holdings.js';
import type { StepRunner } from './steps.js';

/** What a ship needs from its caller. */
export interface ShipContext {
  readonly cache: Cache;
  /** Cancels the ship: nothing of it stays on the target, unless it is published already. */
  readonly signal: AbortSignal;
  /** Called with every step event, in order. */
  readonly emit: (event: StepEvent) => void;
  /** A process that ships more than once keeps it, so that bytes that a store copies are not read again each time. */
  readonly digests?: DigestMemory | undefined;
  /** A process that ships more than once keeps it, so that manifests on a target are read once. */
  readonly manifests?: KnownManifests | undefined;
  /**
   * Set when the ship is for one job. It gets the names of the objects that this ship created, as soon as they are
   * there, so that they can be removed when the job ends (ephemeral.ts).
   */
  readonly onCreated?: ((names: readonly string[]) => void) | undefined;
}

/** One ship under way, with what its steps share. */
export interface ShipRun extends Accepted {
  readonly target: Target;
  readonly context: ShipContext;
  readonly steps: StepRunner;
}
