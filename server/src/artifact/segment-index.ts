import { open, type FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { ShipEnvError } from '../errors.js';
import { DEFLATED, STORED, type ZipEntry, type ZipMethod } from './zip/records.js';
import type { OutputFile } from './zip/output-file.js';

/** A segment in the cache. */
export interface Segment {
  readonly path: string;
  /** Local headers and data, from the file's start on; what goes into an artifact. */
  readonly bytes: number;
  /** Of those bytes, lower-case hex: what a manifest says. */
  readonly sha256: string;
  /** Of those bytes: what whoever reads them checks, since it costs a fraction of a sha256. */
  readonly crc32: number;
  /** Offsets are relative to the file's start. */
  readonly entries: readonly ZipEntry[];
}

/** Name, offset, CRC-32, compressed size, size, method, mode. */
type IndexRow = readonly [string, number, number, number, number, ZipMethod, number];

/** Checked by hand: an environment has ten thousand rows, and every build reads them all. */
const isRow = (row: unknown): row is IndexRow =>
  Array.isArray(row) &&
  row.length === 7 &&
  typeof row[0] === 'string' &&
  row.slice(1).every(value => typeof value === 'number') &&
  (row[5] === STORED || row[5] === DEFLATED);
const segmentIndex = z.object({
  sha256: z.string(),
  crc32: z.number(),
  rows: z.custom<readonly IndexRow[]>(rows => Array.isArray(rows) && rows.every(isRow))
});

/** Ends a segment file: its digests and entries as JSON, then the length of that in four bytes. */
export async function appendIndex(
  file: OutputFile,
  entries: readonly ZipEntry[],
  digests: Pick<Segment, 'sha256' | 'crc32'>
): Promise<void> {
  const rows = entries.map(({ name, offset, crc32, compressedSize, size, method, mode }): IndexRow => {
    return [name, offset, crc32, compressedSize, size, method, mode];
  });
  const index = Buffer.from(JSON.stringify({ ...digests, rows } satisfies z.infer<typeof segmentIndex>));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  await file.append(index);
  await file.append(length);
}

/**
 * Reads the index of a segment file; undefined when it is damaged. Whether the bytes before it are whole shows to who
 * reads them.
 */
export async function readSegment(path: string): Promise<Segment | undefined> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const length = (await readExactly(handle, 4, size - 4)).readUInt32LE();
    const bytes = size - 4 - length;
    const text = (await readExactly(handle, length, bytes)).toString('utf8');
    const { sha256, crc32, rows } = segmentIndex.parse(JSON.parse(text));
    const entries = rows.map(([name, offset, crc, compressedSize, fullSize, method, mode]) => {
      return { name, offset, crc32: crc, compressedSize, size: fullSize, method, mode };
    });
    return { path, bytes, sha256, crc32, entries };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || error instanceof RangeError) return undefined;
    throw error;
  } finally {
    await handle.close();
  }
}

/** The bytes of a segment were damaged after they were written. It was dropped; who reads it again gets a new one. */
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
 * Runs what reads an artifact, and again when a segment was damaged: what is read then is compressed anew.
 *
 * @throws DamagedSegment when the same one is damaged again
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

async function readExactly(handle: FileHandle, length: number, position: number): Promise<Buffer> {
  if (position < 0) throw new RangeError('The file is too short for an index.');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw new RangeError(`${length} bytes were wanted at ${position}, ${bytesRead} were read`);
  return buffer;
}
