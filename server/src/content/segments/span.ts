import { createHash } from 'node:crypto';
import { hasCode } from '../../errors.js';
import { openRegular } from '../../system/files/open.js';
import type { Span } from '../../payloads/payload.js';
import { DamagedSegment, type Segment } from './segment-index.js';

/** Stands for a key where the content is an artifact's head. */
export const HEAD_KEY = 'head';

/** How spans and manifests name a content: what it is, and its sha256, since another zlib makes other bytes of it. */
export function contentOf(key: string, sha256: string): string {
  return `${key} ${sha256}`;
}

/** Bytes in memory as a span; `key` when other artifacts may hold them. */
export function memorySpan(data: Buffer, key?: string): Span {
  return {
    bytes: data.length,
    content: key === undefined ? undefined : contentOf(key, createHash('sha256').update(data).digest('hex')),
    read: (into, position) => {
      data.copy(into, 0, position, position + into.length);
      return Promise.resolve();
    },
    check: () => Promise.resolve()
  };
}

/**
 * A segment in the cache as a span.
 *
 * @param drop - takes the segment out of the cache when a reader finds other bytes than were written
 */
export function segmentSpan(segment: Segment, key: string, drop: () => Promise<void>): Span {
  const damaged = async (): Promise<DamagedSegment> => {
    await drop();
    return new DamagedSegment(segment);
  };
  return {
    bytes: segment.bytes,
    content: contentOf(key, segment.sha256),
    read: async (into, position) => {
      if (!(await readFully(segment.path, into, position))) throw await damaged();
    },
    check: async crc32 => {
      if (crc32 !== segment.crc32) throw await damaged();
    }
  };
}

/** @returns false when the file ends early, or is gone: another ship may have found it damaged */
async function readFully(path: string, into: Buffer, position: number): Promise<boolean> {
  const handle = await openRegular(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    for (let filled = 0; filled < into.length;) {
      const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
      if (bytesRead === 0) return false;
      filled += bytesRead;
    }
    return true;
  } finally {
    await handle.close();
  }
}
