import type { CompletedPart } from '@aws-sdk/client-s3';
import { newMd5 } from '../md5.js';
import type { DigestMemory } from '../../../payloads/digest-memory.js';
import { compositeChecksum } from '../objects/checksum.js';
import { CopyRefused, bareEtag, compositeEtag } from './copy.js';
import type { Part } from './part-plan.js';
import type { SpanReader } from '../../../payloads/span-reader.js';

/** One part of an upload under way. */
export interface Row {
  readonly part: Part;
  /** Set when the store has it. */
  completed?: CompletedPart;
  /** sha256 of a part that is sent. */
  digest?: Buffer;
  /** Of the bytes that belong there, from the local copy; where the store keeps no SHA-256. */
  md5?: string | undefined;
  /** Names the bytes of a part that is copied, where another artifact may have them at the same place. */
  range?: string | undefined;
}

/** Goes past the bytes of a part that the store copies, and digests them where nobody has done it before. */
export async function readPast(
  row: Row,
  reader: SpanReader,
  memory: DigestMemory | undefined,
  signal: AbortSignal
): Promise<void> {
  const { start, end, copy } = row.part;
  row.range = reader.rangeOf(start, end);
  row.md5 = copy?.md5 ?? (row.range && memory?.notes.get(row.range));
  const md5 = row.md5 === undefined ? newMd5() : undefined;
  if (md5 === undefined) return reader.passOver(end, signal);
  for await (const piece of reader.pieces(end, signal)) md5.update(piece);
  row.md5 = md5.digest('hex');
}

/** Bytes of the whole, and of the parts that are sent and copied. */
export function sizesOf(rows: readonly Row[]): { bytes: number; sentBytes: number; copiedBytes: number } {
  const sum = (of: readonly Row[]): number => of.reduce((bytes, { part }) => bytes + part.end - part.start, 0);
  const bytes = sum(rows);
  const copiedBytes = sum(rows.filter(({ part }) => part.copy !== undefined));
  return { bytes, sentBytes: bytes - copiedBytes, copiedBytes };
}

/** The SHA-256 that the store must have of the object, base64, where it keeps one of each part. */
export function checksumOf(rows: readonly Row[]): { checksum: string } {
  return { checksum: compositeChecksum(rows.flatMap(({ digest }) => digest ?? [])) };
}

/**
 * The ETag that the object must have. What was sent shows whether this store's ETags are md5 digests; if so, they show
 * whether it copied the right bytes.
 *
 * @param memory - told the digests that held
 * @throws CopyRefused when it did not
 */
export function etagOf(rows: readonly Row[], memory: DigestMemory | undefined): { etag?: string | undefined } {
  const isMd5 = ({ completed, md5 }: Row): boolean => md5 !== undefined && bareEtag(completed?.ETag) === md5;
  const sent = rows.filter(({ part }) => part.copy === undefined);
  if (sent.length === 0 || !sent.every(isMd5)) return {};
  if (!rows.every(isMd5)) {
    throw new CopyRefused('an artifact on the target does not hold what its manifest says', { isLasting: false });
  }
  for (const { range, md5, part } of rows) {
    if (range !== undefined && md5 !== undefined && part.copy?.md5 === undefined) memory?.notes.set(range, md5);
  }
  return { etag: compositeEtag(rows.flatMap(({ md5 }) => md5 ?? [])) };
}
