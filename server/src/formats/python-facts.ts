import type { Manifest } from '../contract/manifest.js';
import type { Interpreter } from '../contract/snapshot.js';

/** The facts in a manifest about the python that an artifact is for. */
export function pythonOf({ implementation, minor, pythonTag, abiTag, platformTag }: Interpreter): Manifest['python'] {
  return { implementation, minor, pythonTag, abiTag, platformTag };
}
