import type { Distribution, Snapshot } from '../contract/snapshot.js';
import { ShipEnvError } from '../errors.js';

/** A distribution without its files, which take most of the space. */
export type DistributionFacts = Omit<Distribution, 'files'>;

/** A distribution whose files are read only when they are needed. */
export interface LazyDistribution extends DistributionFacts {
  /** Names the content: the same name means the same distribution. */
  readonly state: string;
  /** @throws ShipEnvError ARTIFACT_FILE_CHANGED when the distribution is gone meanwhile; the errors of `takeSnapshot` */
  whole(): Promise<Distribution>;
}

/** A snapshot whose distributions are read only when they are needed. */
export interface LazySnapshot extends Omit<Snapshot, 'distributions'> {
  /** Names the content: the same name means the same distributions. Undefined when the environment changed a moment ago. */
  readonly state: string | undefined;
  /** Sorted by normalized name. */
  readonly distributions: readonly LazyDistribution[];
}

/** The error for an environment that changed after the snapshot was taken. */
export function environmentChanged(cause?: unknown): ShipEnvError {
  return new ShipEnvError(
    'ARTIFACT_FILE_CHANGED',
    'The environment was expected to stay as it was when the ship began; it has changed since.',
    { hint: 'Wait until nothing installs into the environment any more, then ship again.', cause }
  );
}
