import type { ArtifactFormat } from '../types.js';
import { PexBuild } from './build.js';
import { planPex } from './plan.js';
import { promisedPex } from './promised.js';

/** A PEX zipapp, as the pex tool makes them: one file that boots itself and imports from what it carries. */
export const pexFormat: ArtifactFormat = {
  name: 'pex',
  fileName: id => `${id}.pex`,
  promised: promisedPex,
  plan: planPex,
  build: (plan, options) => new PexBuild(plan, options)
};
