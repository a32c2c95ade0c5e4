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
import { OURS } from '../../content/segments/names.js';

/** How many entries of an artifact are in its tail. */
export function tailEntries(seed: Seed): number {
  return seed.modules.length + 4;
}

const INDEX_NAME = `${OURS}index.json`;

/** What the end record's comment begins with; the artifact's id follows, so that a header can read it off the end. */
export const COMMENT_PREFIX = 'ship-env:';

/**
 * What every artifact ends with: our modules, PEX-INFO, `__pex__` and `__main__.py`, the index for the node bootstrap, then
 * the central directory of the whole file, whose comment names the artifact. Pure.
 *
 * @param offset - of its first byte in the artifact: where the last segment ends
 * @returns its bytes, in some pieces
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
 * The entries that differ from artifact to artifact, back to back; offsets count from the first one.
 *
 * @param start - of the first one in the artifact
 */
function ownEntries(
  plan: PexPlan,
  head: Head,
  segments: readonly PlacedSegment[],
  start: number
): { bytes: Buffer; entries: ZipEntry[] } {
  const contents: readonly OwnEntry[] = [
    ...ownContents(plan),
    // The last one: the node bootstrap finds it by the last record of the central directory.
    [INDEX_NAME, Buffer.from(JSON.stringify(indexOf(plan, head, segments, start)))]
  ];
  const parts: Buffer[] = [];
  const entries: ZipEntry[] = [];
  let offset = 0;
  for (const [name, data] of contents) {
    const { header, bytes } = packed(name, data);
    entries.push({ ...header, offset, mode: name === '__main__.py' ? 0o100755 : 0o100644 });
    parts.push(bytes);
    offset += bytes.length;
  }
  return { bytes: Buffer.concat(parts), entries };
}

type OwnEntry = readonly [name: string, data: Buffer];

/** The entries of the tail that name the artifact; the index, which says where things lie, is not among them. */
export function ownContents({ seed, pexHash, pexInfo }: Pick<PexPlan, 'seed' | 'pexHash' | 'pexInfo'>): OwnEntry[] {
  return [
    ...seed.modules.map(({ name, source }): OwnEntry => [name, source]),
    ['PEX-INFO', Buffer.from(pexInfo)],
    ['__pex__/__init__.py', Buffer.from(withPexHash(seed.importHook, seed, pexHash))],
    ['__main__.py', Buffer.from(withPexHash(seed.main, seed, pexHash))]
  ];
}

/**
 * What the node bootstrap needs to check the artifact's id and to unpack segments without the central directory
 * (ship_env_node/artifact.py): local headers say all but which files are programs.
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
      // What link.py needs when several distributions have a file of one name.
      rank: planned.rank,
      unlisted: planned.unlistedScripts
    }))
  };
}

/** A compressed entry of our own. */
function packed(name: string, data: Buffer): { header: Omit<ZipEntry, 'offset' | 'mode'>; bytes: Buffer } {
  const compressed = deflateRawSync(data);
  const header = {
    name,
    crc32: crc32(data),
    compressedSize: compressed.length,
    size: data.length,
    method: DEFLATED
  } as const;
  return { header, bytes: Buffer.concat([localHeader(header), compressed]) };
}
