import { deflateRawSync } from 'node:zlib';
import type { PlacedSegment } from '../build.js';
import type { PexPlan } from './plan.js';
import { crc32 } from '../../payloads/crc32.js';
import {
  DEFLATED,
  centralHeader,
  endRecords,
  localHeader,
  joinedDirectories,
  type ZipEntry
} from '../../content/segments/zip/records.js';
import type { Head } from './head.js';
import { withPexHash } from './pex-info.js';
import type { Seed } from './seed-types.js';
import { BOOTSTRAP_FILES } from '../../content/segments/names.js';

/** Number of entries in the tail of an artifact. */
export function tailEntries(seed: Seed): number {
  return seed.modules.length + 4;
}

const INDEX_NAME = `${BOOTSTRAP_FILES}index.json`;

/** The beginning of the zip's comment. The artifact's id follows, so the `sh` header can read it at the end of the file. */
export const COMMENT_PREFIX = 'ship-env:';

/**
 * The tail of every artifact: our modules, PEX-INFO, `__pex__` and `__main__.py`, the index for the node bootstrap, then the
 * central directory of the whole file and a comment with the artifact's id. Pure.
 *
 * @param offset - position of the tail in the artifact, which is the end of the last segment
 * @returns the bytes of the tail, in some pieces
 */
export function tailOf(plan: PexPlan, head: Head, segments: readonly PlacedSegment[], offset: number): Buffer[] {
  const own = ownEntries(plan, head, segments, offset);
  const end = offset + own.bytes.length;
  const directory = joinedDirectories([
    { directory: Buffer.concat(head.entries.map(entry => centralHeader(entry, 0))), offset: 0 },
    ...segments,
    { directory: Buffer.concat(own.entries.map(entry => centralHeader(entry, 0))), offset }
  ]);
  const entries = segments.reduce((sum, { entryCount }) => sum + entryCount, head.entries.length + own.entries.length);
  const extent = { entries, offset: end, bytes: directory.length };
  return [own.bytes, directory, endRecords(extent, `${COMMENT_PREFIX}${plan.id}`)];
}

/**
 * The entries that differ from artifact to artifact, back to back. Offsets count from the first one.
 *
 * @param start - position of the first one in the artifact
 */
function ownEntries(
  plan: PexPlan,
  head: Head,
  segments: readonly PlacedSegment[],
  start: number
): { bytes: Buffer; entries: ZipEntry[] } {
  const contents: readonly OwnEntry[] = [
    ...ownContents(plan),
    // The index must be last: the node bootstrap finds it by the last record of the central directory.
    [INDEX_NAME, Buffer.from(JSON.stringify(indexOf(plan, head, segments, start)))]
  ];
  const parts: Buffer[] = [];
  const entries: ZipEntry[] = [];
  let offset = 0;
  for (const [name, data] of contents) {
    const { header, bytes } = compressed(name, data);
    entries.push({ ...header, offset, mode: name === '__main__.py' ? 0o100755 : 0o100644 });
    parts.push(bytes);
    offset += bytes.length;
  }
  return { bytes: Buffer.concat(parts), entries };
}

type OwnEntry = readonly [name: string, data: Buffer];

/** The entries of the tail that the artifact's id covers. The index is not among them, because it contains positions. */
export function ownContents({ seed, pexHash, pexInfo }: Pick<PexPlan, 'seed' | 'pexHash' | 'pexInfo'>): OwnEntry[] {
  return [
    ...seed.modules.map(({ name, source }): OwnEntry => [name, source]),
    ['PEX-INFO', Buffer.from(pexInfo)],
    ['__pex__/__init__.py', Buffer.from(withPexHash(seed.importHook, seed, pexHash))],
    ['__main__.py', Buffer.from(withPexHash(seed.main, seed, pexHash))]
  ];
}

/**
 * The index, with which the node bootstrap checks the artifact's id and unpacks segments without the central directory
 * (ship_env_node/artifact.py). It lists the executable files, because local headers do not contain modes.
 */
function indexOf(
  { id, identity, seed }: PexPlan,
  head: Head,
  segments: readonly PlacedSegment[],
  modules: number
): object {
  const { python, own } = identity;
  return {
    id,
    python,
    head: { length: head.bytes.length, sha256: head.sha256 },
    own,
    modules: { offset: modules, count: seed.modules.length },
    segments: segments.map(({ planned, offset, length }) => ({
      wheel: planned.wheel,
      key: planned.key,
      offset,
      length,
      executables: planned.executables,
      // link.py needs these when several distributions have a file of the same name.
      rank: planned.rank,
      unlisted: planned.unlistedScripts
    }))
  };
}

/** A compressed entry of our own. */
function compressed(name: string, data: Buffer): { header: Omit<ZipEntry, 'offset' | 'mode'>; bytes: Buffer } {
  const deflated = deflateRawSync(data);
  const header = {
    name,
    crc32: crc32(data),
    compressedSize: deflated.length,
    size: data.length,
    method: DEFLATED
  } as const;
  return { header, bytes: Buffer.concat([localHeader(header), deflated]) };
}
