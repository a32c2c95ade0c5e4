import { createHash } from 'node:crypto';
import type { PlannedSegment } from '../types.js';

/** Increase it with every change that gives other bytes for the same files: of paths, generated files, compression. */
const FORMAT = 'ship-env segment 5';

/** The entry of a segment that contains the segment's key. The key covers this entry without the key in it. */
export const LAYOUT_NAME = '.layout.json';

/**
 * The text of {@link LAYOUT_NAME}. The pex tool's fingerprint is a hash of the content and names the folder below PEX_ROOT. We
 * use the key as fingerprint.
 *
 * @param layout - a JSON object, without the fingerprint
 */
export function layoutText(layout: string, key: string): string {
  return `{"fingerprint":"${key}",${layout.slice(1)}`;
}

/**
 * The key of a segment: a sha256, lower-case hex, that covers every byte that the segment adds to a node, and the order of its
 * entries. The hashed text is a sequence of fields; each ends with NUL, which no field contains. A node computes the key
 * while it unpacks entry by entry (ship_env_node/identity.py), so it does not have to sort.
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
