import type { ArtifactPlan } from '../types.js';
import type { ZipEntry } from '../zip/records.js';
import { shHeader } from './header.js';

/** The first bytes of an artifact, and the zip entries among them. */
export interface Head {
  readonly bytes: Buffer;
  /** Offsets count from the file's first byte. */
  readonly entries: readonly ZipEntry[];
}

/**
 * What every artifact begins with: the `sh` header, then the boot code of the seed.
 *
 * Byte for byte the same for all artifacts of one release and one Python. Nothing in it may depend on what the
 * environment holds, so that a delta upload can copy it together with the segments behind it. Pure.
 */
export function headOf({ interpreter, seed }: Pick<ArtifactPlan, 'interpreter' | 'seed'>): Head {
  const header = shHeader(interpreter);
  const { bytes, entries } = seed.bootstrap;
  return {
    bytes: Buffer.concat([header, bytes]),
    entries: entries.map(entry => ({ ...entry, offset: entry.offset + header.length }))
  };
}
