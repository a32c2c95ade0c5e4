import { createHash } from 'node:crypto';
import { hasCode } from '../../errors.js';
import { openRegular } from '../../system/files/open.js';
import type { Span } from '../../payloads/payload.js';
import { DamagedSegment, type Segment } from './segment-index.js';

/** The key of an artifact's head. */
export const HEAD_KEY = 'head';

/** The name of a content for spans and manifests: its key and its sha256, because another zlib gives other bytes for a key. */
export function contentName(key: string, sha256: string): string {
  return `${key} ${sha256}`;
}

/** Bytes in memory as a span. `key` is given when other artifacts may contain the same bytes. */
export function memorySpan(data: Buffer, key?: string): Span {
  return {
    bytes: data.length,
    content: key === undefined ? undefined : contentName(key, createHash('sha256').update(data).digest('hex')),
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
 * @param drop - removes the segment from the cache; called when a reader finds that it is damaged
 */
export function segmentSpan(segment: Segment, key: string, drop: () => Promise<void>): Span {
  const damaged = async (): Promise<DamagedSegment> => {
    await drop();
    return new DamagedSegment(segment);
  };
  return {
    bytes: segment.bytes,
    content: contentName(key, segment.sha256),
    read: async (into, position) => {
      if (!(await readFully(segment.path, into, position))) throw await damaged();
    },
    check: async crc32 => {
      if (crc32 !== segment.crc32) throw await damaged();
    }
  };
}

/** @returns false when the file ends early, or is gone because another ship found it damaged */
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
