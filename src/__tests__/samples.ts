import type { ShipResult, StepEvent, TargetSettings } from '../../server/src/contract/index.js';

/** A directory target, as in the settings. */
export const target: TargetSettings = { kind: 'directory', name: 'local', url: 'file:///target', shared: false };

/** The result that the sidecar sends after a ship of one editable to a directory. */
export const result: ShipResult = {
  type: 'result',
  artifact: {
    id: 'env-1',
    format: 'pex',
    name: 'env-1.pex',
    uri: 'file:///target/env-1.pex',
    bytes: 148_000_000,
    sha256: 'aa'
  },
  code: [{ name: 'harbour-1.zip', uri: 'file:///target/harbour-1.zip', bytes: 2000, sha256: 'bb' }],
  uploadedBytes: 6_100_000,
  copiedBytes: 141_900_000,
  reusedSegments: 45,
  reused: false,
  findings: [],
  steps: [{ name: 'snapshot', ms: 12 }],
  ms: 8200,
  conf: { 'spark.files': 'file:///target/env-1.pex' },
  cell: 'builder = 1',
  live: { artifactId: 'env-1', source: 'outcome = "{}"', expression: 'outcome' },
  dryRun: false
};

export const steps: StepEvent[] = [
  { type: 'step', name: 'snapshot', state: 'started' },
  { type: 'step', name: 'snapshot', state: 'done', ms: 12, detail: '46 distributions' },
  { type: 'step', name: 'upload', state: 'progress', done: 12_000_000, total: 148_000_000 }
];
