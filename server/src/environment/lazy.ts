import type { Distribution, Snapshot } from '../contract/snapshot.js';
import { ShipEnvError } from '../errors.js';

/** A distribution without its files, which are most of it. */
export type DistributionOutline = Omit<Distribution, 'files'>;

/** A distribution whose files are looked up only when someone needs them. */
export interface LazyDistribution extends DistributionOutline {
  /** Names what it holds: the same name, the same distribution. */
  readonly state: string;
  /** @throws ShipEnvError ARTIFACT_FILE_CHANGED when it is gone meanwhile; as `takeSnapshot` does */
  whole(): Promise<Distribution>;
}

/** A snapshot whose distributions are read only when someone needs them. */
export interface LazySnapshot extends Omit<Snapshot, 'distributions'> {
  /** Names what the environment holds: the same name, the same distributions. Undefined when it changed a moment ago. */
  readonly state: string | undefined;
  /** Sorted by normalized name. */
  readonly distributions: readonly LazyDistribution[];
}

/** The error for an environment that is not what the snapshot saw any more. */
export function environmentChanged(cause?: unknown): ShipEnvError {
  return new ShipEnvError(
    'ARTIFACT_FILE_CHANGED',
    'The environment was expected to stay as it was when the ship began; it has changed since.',
    { hint: 'Wait until nothing installs into the environment any more, then ship again.', cause }
  );
}
