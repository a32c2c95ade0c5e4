/** The artifact: the immutable file that carries the third-party distributions of an environment. */
export { buildArtifact, planArtifact } from './formats.js';
export { loadSeed } from './pex/seed.js';
export type {
  ArtifactFormat,
  ArtifactPlan,
  BuildOptions,
  BuiltArtifact,
  PlannedSegment,
  PlanOptions,
  Seed
} from './types.js';
