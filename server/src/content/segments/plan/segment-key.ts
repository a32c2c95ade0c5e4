import { createHash } from 'node:crypto';
import type { PlannedSegment } from '../types.js';

/** Changes with everything that gives other bytes for the same files: paths, generated files, compression. */
const FORMAT = 'ship-env segment 5';

/** The entry of a segment that names the segment's key, and so cannot be under it as it is. */
export const LAYOUT_NAME = '.layout.json';

/**
 * The text of {@link LAYOUT_NAME}. The pex tool's fingerprint is a hash of the content, and names the folder below
 * PEX_ROOT; the key does the same.
 *
 * @param layout - a JSON object, without the fingerprint
 */
export function layoutText(layout: string, key: string): string {
  return `{"fingerprint":"${key}",${layout.slice(1)}`;
}

/**
 * The key of a segment: a sha256, lower-case hex, over every byte that the segment brings to a node and over the order of
 * its entries. The text under the sha256 is a row of fields, each ended by NUL, which no field holds. A node computes the
 * key while it unpacks (ship_env_node/identity.py), entry for entry, so nothing is sorted there.
 *
 * @param of.entries - in the order of the segment; {@link LAYOUT_NAME} without its fingerprint
 * @param of.compiled - sha256 of the compiled modules; undefined when the segment has none
 */
export function segmentKey({
  wheel,
  unlistedScripts,
  entries,
  compiled
}: Pick<PlannedSegment, 'wheel' | 'unlistedScripts' | 'entries'> & { compiled: string | undefined }): string {
  const hash = createHash('sha256').update(`${FORMAT}\0${wheel}\0`);
  for (const script of unlistedScripts) hash.update(`unlisted\0${script}\0\0`);
  for (const { name, sha256, executable } of entries) {
    hash.update(`${executable ? 'program' : 'file'}\0${name}\0${sha256}\0`);
  }
  if (compiled !== undefined) hash.update(`compiled\0\0${compiled}\0`);
  return hash.digest('hex');
}
