import type { CompletedPart } from '@aws-sdk/client-s3';
import { newMd5 } from '../md5.js';
import type { DigestMemory } from '../../../payloads/digest-memory.js';
import { compositeChecksum } from '../objects/checksum.js';
import { CopyRefused, bareEtag, compositeEtag } from './copy.js';
import type { Part } from './part-plan.js';
import type { SpanReader } from '../../../payloads/span-reader.js';

/** One part of an upload under way. */
export interface PartUpload {
  readonly part: Part;
  /** Set when the store has it. */
  completed?: CompletedPart;
  /** sha256 of a part that is sent. */
  digest?: Buffer;
  /** md5 of the right bytes, from the local copy; set where the store keeps no SHA-256. */
  md5?: string | undefined;
  /** Name of the bytes of a copied part, where another artifact may have the same bytes at the same place. */
  range?: string | undefined;
}

/** Moves the reader past a part that the store copies, and computes its md5 unless it is known. */
export async function readPast(
  partUpload: PartUpload,
  reader: SpanReader,
  memory: DigestMemory | undefined,
  signal: AbortSignal
): Promise<void> {
  const { start, end, copy } = partUpload.part;
  partUpload.range = reader.rangeOf(start, end);
  partUpload.md5 = copy?.md5 ?? (partUpload.range && memory?.notes.get(partUpload.range));
  const md5 = partUpload.md5 === undefined ? newMd5() : undefined;
  if (md5 === undefined) return reader.passOver(end, signal);
  for await (const piece of reader.pieces(end, signal)) md5.update(piece);
  partUpload.md5 = md5.digest('hex');
}

/** Bytes of the whole object, of the sent parts and of the copied parts. */
export function sizesOf(partUploads: readonly PartUpload[]): { bytes: number; sentBytes: number; copiedBytes: number } {
  const sum = (of: readonly PartUpload[]): number => of.reduce((bytes, { part }) => bytes + part.end - part.start, 0);
  const bytes = sum(partUploads);
  const copiedBytes = sum(partUploads.filter(({ part }) => part.copy !== undefined));
  return { bytes, sentBytes: bytes - copiedBytes, copiedBytes };
}

/** The composite SHA-256 (base64) that the store must keep of the object, on stores that keep one of each part. */
export function checksumOf(partUploads: readonly PartUpload[]): { checksum: string } {
  return { checksum: compositeChecksum(partUploads.flatMap(({ digest }) => digest ?? [])) };
}

/**
 * The ETag that the object must have. The sent parts show whether this store's ETags are md5 digests; if they are, the
 * ETags of the copied parts show whether the store copied the right bytes.
 *
 * @param memory - gets the digests that proved right
 * @throws CopyRefused when the store copied wrong bytes
 */
export function etagOf(
  partUploads: readonly PartUpload[],
  memory: DigestMemory | undefined
): { etag?: string | undefined } {
  const isMd5 = ({ completed, md5 }: PartUpload): boolean => md5 !== undefined && bareEtag(completed?.ETag) === md5;
  const sent = partUploads.filter(({ part }) => part.copy === undefined);
  if (sent.length === 0 || !sent.every(isMd5)) return {};
  if (!partUploads.every(isMd5)) {
    throw new CopyRefused('an artifact on the target does not hold what its manifest says', { isLasting: false });
  }
  for (const { range, md5, part } of partUploads) {
    if (range !== undefined && md5 !== undefined && part.copy?.md5 === undefined) memory?.notes.set(range, md5);
  }
  return { etag: compositeEtag(partUploads.flatMap(({ md5 }) => md5 ?? [])) };
}
