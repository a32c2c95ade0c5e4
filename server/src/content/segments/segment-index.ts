import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { ShipEnvError, hasCode } from '../../errors.js';
import { openRegular } from '../../system/files/open.js';
import { crc32 as crc32Of } from '../../payloads/crc32.js';
import type { OutputFile } from './zip/output-file.js';
import { centralHeader, type ZipEntry } from './zip/records.js';

/** A segment in the cache. */
export interface Segment {
  readonly path: string;
  /** Bytes of local headers and data, from the start of the file. These bytes go into an artifact. */
  readonly bytes: number;
  /** sha256 of those bytes, lower-case hex, for the manifest. */
  readonly sha256: string;
  /** CRC-32 of those bytes. Readers check it, because it costs a fraction of a sha256. */
  readonly crc32: number;
  /** Central directory headers of its entries; offsets are relative to the file's start. */
  readonly directory: Buffer;
  readonly entryCount: number;
}

/** Digests of a segment's bytes. */
export type SegmentDigests = Pick<Segment, 'sha256' | 'crc32'>;

const segmentIndex = z.object({
  sha256: z.string(),
  crc32: z.number(),
  entryCount: z.number(),
  directory: z.object({ bytes: z.number(), crc32: z.number() })
});

/** Bytes that are read from the end of a segment's file at once. The index of nearly every distribution fits. */
const AT_ONCE = 64 * 1024;

/**
 * Appends the index to a segment file: its part of the central directory, then digests as JSON, then the length of the JSON in
 * four bytes. With the index, an artifact is assembled without reading the entries one by one.
 */
export async function appendIndex(
  file: OutputFile,
  entries: readonly ZipEntry[],
  digests: SegmentDigests
): Promise<void> {
  const directory = Buffer.concat(entries.map(entry => centralHeader(entry, 0)));
  const index = Buffer.from(
    JSON.stringify({
      ...digests,
      entryCount: entries.length,
      directory: { bytes: directory.length, crc32: crc32Of(directory) }
    } satisfies z.infer<typeof segmentIndex>)
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  await file.append(directory);
  await file.append(index);
  await file.append(length);
}

/**
 * Reads the index of a segment file; undefined when the index is damaged or the file is gone. The bytes before the index are
 * not checked here; the reader of these bytes checks them.
 */
export async function readSegment(path: string): Promise<Segment | undefined> {
  const handle = await openRegular(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const last = await readExactly(handle, Math.min(size, AT_ONCE), size);
    const indexEnd = last.length - 4;
    const indexBytes = last.readUInt32LE(indexEnd);
    if (indexBytes > indexEnd) throw new RangeError('The file is too short for its index.');
    const text = last.toString('utf8', indexEnd - indexBytes, indexEnd);
    const { sha256, crc32, entryCount, directory: told } = segmentIndex.parse(JSON.parse(text));
    const behind = indexBytes + 4;
    const directory =
      behind + told.bytes <= last.length
        ? Buffer.from(last.subarray(last.length - behind - told.bytes, last.length - behind))
        : await readExactly(handle, told.bytes, size - behind);
    if (crc32Of(directory) !== told.crc32) return undefined;
    const bytes = size - behind - told.bytes;
    return { path, bytes, sha256, crc32, directory, entryCount };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || error instanceof RangeError) return undefined;
    throw error;
  } finally {
    await handle.close();
  }
}

/** A segment was damaged after it was written. It was removed from the cache; the next read builds it again. */
export class DamagedSegment extends ShipEnvError<'CACHE_UNUSABLE'> {
  readonly path: string;

  constructor({ path, bytes }: Segment) {
    super('CACHE_UNUSABLE', `The cached segment ${path} no longer held the ${bytes} bytes that were written.`, {
      hint: 'It was removed. Check the disk and ship again.'
    });
    this.path = path;
  }
}

/**
 * Runs work that reads an artifact, and repeats it when a segment was damaged. The damaged segment is then built again.
 *
 * @throws DamagedSegment when the same segment is damaged a second time
 */
export async function withRepair<T>(work: () => Promise<T>): Promise<T> {
  const repaired = new Set<string>();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DamagedSegment) || repaired.has(error.path)) throw error;
      repaired.add(error.path);
    }
  }
}

/** Reads `length` bytes before `end`. */
async function readExactly(handle: FileHandle, length: number, end: number): Promise<Buffer> {
  const position = end - length;
  if (position < 0) throw new RangeError('The file is too short for an index.');
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  if (bytesRead !== length) throw new RangeError(`${length} bytes were wanted at ${position}, ${bytesRead} were read`);
  return buffer;
}
