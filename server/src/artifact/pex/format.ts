import type { ArtifactFormat } from '../types.js';
import { buildPex } from './build.js';
import { planPex } from './plan.js';

/** A PEX zipapp, as the pex tool makes them: one file that boots itself and imports from what it carries. */
export const pexFormat: ArtifactFormat = { name: 'pex', plan: planPex, build: buildPex };
