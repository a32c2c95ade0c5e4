import { createHash } from 'node:crypto';
import type { PexPlan } from './plan.js';
import { crc32 } from '../../payloads/crc32.js';
import { STORED, localHeader, type ZipEntry } from '../../content/segments/zip/records.js';
import { shHeader } from './header.js';
import type { Seed } from './seed-types.js';
import { OURS } from '../../content/segments/names.js';

/** The first bytes of an artifact, and the zip entries among them. */
export interface Head {
  readonly bytes: Buffer;
  /** Of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Offsets count from the file's first byte. */
  readonly entries: readonly ZipEntry[];
}

/**
 * What every artifact begins with: the `sh` header, the node bootstrap, then the boot code of the seed.
 *
 * Byte for byte the same for all artifacts of one release and one Python. Nothing in it may depend on what the
 * environment holds, so that a delta upload can copy it together with the segments behind it. Pure.
 */
export function headOf({ content, seed }: Pick<PexPlan, 'content' | 'seed'>): Head {
  const header = shHeader(content.interpreter);
  const node = nodeEntries(seed);
  const boot = header.length + node.bytes.length;
  const bytes = Buffer.concat([header, node.bytes, seed.bootstrap.bytes]);
  return {
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    entries: [
      ...node.entries.map(entry => ({ ...entry, offset: entry.offset + header.length })),
      ...seed.bootstrap.entries.map(entry => ({ ...entry, offset: entry.offset + boot }))
    ]
  };
}

/** The modules of the node bootstrap, stored: the header's loader reads them from the file as they are. */
function nodeEntries({ node }: Pick<Seed, 'node'>): { bytes: Buffer; entries: ZipEntry[] } {
  const parts: Buffer[] = [];
  const entries: ZipEntry[] = [];
  let offset = 0;
  for (const { name, source } of node) {
    const size = source.length;
    const entry = { name: OURS + name, crc32: crc32(source), compressedSize: size, size, method: STORED } as const;
    const header = localHeader(entry);
    entries.push({ ...entry, offset, mode: 0o100644 });
    parts.push(header, source);
    offset += header.length + size;
  }
  return { bytes: Buffer.concat(parts), entries };
}
