import type { Content } from '../content/content.js';
import type { Manifest } from '../contract/manifest.js';
import { difference, type Difference } from './difference.js';
import { pythonOf } from './python-facts.js';

const PYTHON_KEYS = ['implementation', 'minor', 'pythonTag', 'abiTag', 'platformTag'] as const;
const SEGMENT_KEYS = ['wheel', 'name', 'version', 'key'] as const;

/** The differences between a manifest and the plan in the python, the head and the distributions. */
export function differencesInContent(
  { interpreter, segments }: Content,
  head: Manifest['head'],
  manifest: Manifest
): (Difference | undefined)[] {
  const python = pythonOf(interpreter);
  return [
    ...PYTHON_KEYS.map(key => difference(`the python's ${key}`, python[key], manifest.python[key])),
    difference('the length of the head', head.length, manifest.head.length),
    difference('the sha256 of the head', head.sha256, manifest.head.sha256),
    difference('the count of distributions', segments.length, manifest.segments.length),
    ...segments.flatMap((planned, index) =>
      SEGMENT_KEYS.map(key =>
        difference(`the ${key} of distribution ${index + 1}`, planned[key], manifest.segments[index]?.[key] ?? '')
      )
    )
  ];
}
