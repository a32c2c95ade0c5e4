import { difference } from '../difference.js';
import type { Format } from '../format.js';
import { planPex } from './plan.js';
import { zip64Findings } from './zip64-finding.js';

/** A PEX zipapp of the kind that the pex tool makes: one file that starts itself and imports from its own content. */
export const pexFormat: Format = {
  name: 'pex',
  runs: { kind: 'executable' },
  canHoldInterpreter: false,
  fileName: id => `${id}.pex`,
  files: ({ artifact }) => [{ name: artifact.name, isExecutable: true }],
  inconsistencyOf: manifest =>
    manifest.format !== 'pex' || manifest.entries >= manifest.segments.length
      ? undefined
      : difference('the count of entries', `${manifest.segments.length} or more`, manifest.entries),
  findingsOf: manifest => (manifest.format === 'pex' ? zip64Findings(manifest) : []),
  plan: content => planPex(content)
};
