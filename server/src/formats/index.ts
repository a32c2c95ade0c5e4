/** The artifact: the immutable file that carries the third-party distributions of an environment. */
export { artifactName, buildArtifact, planArtifact, promisedLayout, requireFormat, startBuild } from './formats.js';
export { readSegment, withRepair } from '../content/segments/segment-index.js';
export { manifestName } from './manifest.js';
export { shippedDistributions, stayHome } from '../content/stay-home.js';
export { SegmentMemoryFile } from '../content/segments/segment-memory.js';
export { HEAD_KEY, contentOf } from '../content/segments/span.js';
export { currentSeed, loadSeed } from './pex/seed.js';
export { zip64Findings } from './pex/zip64-finding.js';
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
