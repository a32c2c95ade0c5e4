/** The artifact: the immutable file that carries the third-party distributions of an environment. */
export { artifactName, buildArtifact, planArtifact, promisedLayout, requireFormat, startBuild } from './formats.js';
export { readSegment, withRepair } from './segment-index.js';
export { manifestName } from './manifest.js';
export { shippedDistributions, stayHome } from './stay-home.js';
export { SegmentMemoryFile } from './segment-memory.js';
export { HEAD_KEY, contentOf } from './span.js';
export { currentSeed, loadSeed } from './pex/seed.js';
export { zip64Findings } from './zip64-finding.js';
export type {
  ArtifactBuild,
  ArtifactFormat,
  ArtifactPlan,
  BuildOptions,
  BuiltArtifact,
  Plannable,
  PlanOptions,
  Seed
} from './types.js';
