import type { Format } from '../format.js';
import { archiveName, planArchive } from './plan.js';

/** A relocatable environment as a `.tar.gz`, which Spark unpacks into the working directory of each executor. */
export const archiveFormat: Format = {
  name: 'archive',
  runs: { kind: 'archive', alias: 'environment', python: 'bin/python' },
  canHoldInterpreter: true,
  fileName: archiveName,
  files: ({ artifact }) => [{ name: artifact.name, isExecutable: false }],
  // The format's own part of the manifest is one boolean: it cannot contradict anything.
  inconsistencyOf: () => undefined,
  findingsOf: () => [],
  plan: planArchive
};
