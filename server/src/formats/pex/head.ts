import { createHash } from 'node:crypto';
import type { PexPlan } from './plan.js';
import { crc32 } from '../../payloads/crc32.js';
import { STORED, localHeader, type ZipEntry } from '../../content/segments/zip/records.js';
import { shHeader } from './header.js';
import type { Seed } from './seed-types.js';
import { BOOTSTRAP_FILES } from '../../content/segments/names.js';

/** The first bytes of an artifact, and the zip entries among them. */
export interface Head {
  readonly bytes: Buffer;
  /** sha256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Offsets count from the file's first byte. */
  readonly entries: readonly ZipEntry[];
}

/**
 * The head of every artifact: the `sh` header, the node bootstrap, then the boot code of the seed.
 *
 * The head is byte for byte the same for all artifacts of one release and one Python. It must not depend on the content of the
 * environment, so that a delta upload can copy it together with the segments behind it. Pure.
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

/** The modules of the node bootstrap, uncompressed, because the loader in the header reads them directly from the file. */
function nodeEntries({ node }: Pick<Seed, 'node'>): { bytes: Buffer; entries: ZipEntry[] } {
  const parts: Buffer[] = [];
  const entries: ZipEntry[] = [];
  let offset = 0;
  for (const { name, source } of node) {
    const size = source.length;
    const entry = {
      name: BOOTSTRAP_FILES + name,
      crc32: crc32(source),
      compressedSize: size,
      size,
      method: STORED
    } as const;
    const header = localHeader(entry);
    entries.push({ ...entry, offset, mode: 0o100644 });
    parts.push(header, source);
    offset += header.length + size;
  }
  return { bytes: Buffer.concat(parts), entries };
}
