/**
 * The records of a zip file, after APPNOTE.TXT 6.3.10. Names are UTF-8 and times are fixed, so that equal content gives equal
 * bytes. There are no data descriptors, so that a zip can be read from front to back.
 */

/** The facts about an entry that the central directory contains. */
export interface ZipEntry {
  readonly name: string;
  /** Position of the local header, in bytes from the start of the entries. */
  readonly offset: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly method: ZipMethod;
  /** Unix mode with the file type: 0o100644. */
  readonly mode: number;
}

export const STORED = 0;
export const DEFLATED = 8;
export type ZipMethod = typeof STORED | typeof DEFLATED;

/** 4.4.1.4: a field with this value has its real value in the zip64 extra field. */
const MAX_32 = 0xffff_ffff;
const MAX_16 = 0xffff;
/** 1980-01-01 00:00, the earliest time of a zip entry (4.4.6). */
const DOS_DATE = 0x0021;
const DOS_TIME = 0;
/** 4.4.3: 2.0 for deflate, 4.5 for zip64. */
const VERSION = 20;
const VERSION_ZIP64 = 45;
/** 4.4.2: made on Unix, so that the external attributes contain a mode. */
const MADE_ON_UNIX = 3 << 8;
/** 4.4.4, bit 11: the name is UTF-8. */
const FLAG_UTF8 = 0x0800;
const ZIP64_EXTRA_ID = 0x0001;

const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const END64_BYTES = 56;
const END64_LOCATOR_BYTES = 20;
const END_BYTES = 22;

/**
 * Whether a file of this size gets 64-bit fields in its local header. The limit is a little below 4 GiB: the header is reserved
 * before the compressed size is known, and deflate may add a little to incompressible data.
 */
export function needsZip64Local(size: number): boolean {
  return size >= 0xff00_0000;
}

/** Bytes of the local header of a file without 64-bit fields. */
export function localHeaderBytes(name: string): number {
  return LOCAL_HEADER_BYTES + Buffer.byteLength(name);
}

/** A local file header (4.3.7). It has 64-bit sizes when {@link needsZip64Local} is true for `entry.size`. */
export function localHeader(entry: Omit<ZipEntry, 'offset' | 'mode'>): Buffer {
  const name = Buffer.from(entry.name);
  const zip64 = needsZip64Local(entry.size);
  const header = Buffer.alloc(LOCAL_HEADER_BYTES);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(zip64 ? VERSION_ZIP64 : VERSION, 4);
  writeCommon(header, 6, entry, name.length);
  header.writeUInt32LE(zip64 ? MAX_32 : entry.compressedSize, 18);
  header.writeUInt32LE(zip64 ? MAX_32 : entry.size, 22);
  const extra = zip64 ? zip64Extra([entry.size, entry.compressedSize]) : Buffer.alloc(0);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

/**
 * A central directory header (4.3.12).
 *
 * @param base - what to add to the entry's offset
 */
export function centralHeader(entry: ZipEntry, base: number): Buffer {
  const nameBytes = Buffer.byteLength(entry.name);
  const offset = entry.offset + base;
  // 4.5.3: the extra field contains only the values that do not fit, in this order.
  const large = [entry.size, entry.compressedSize, offset].filter(value => value >= MAX_32);
  const extra = large.length === 0 ? Buffer.alloc(0) : zip64Extra(large);
  const header = Buffer.alloc(CENTRAL_HEADER_BYTES + nameBytes + extra.length);
  const version = large.length > 0 || needsZip64Local(entry.size) ? VERSION_ZIP64 : VERSION;
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_ON_UNIX | version, 4);
  header.writeUInt16LE(version, 6);
  writeCommon(header, 8, entry, nameBytes);
  header.writeUInt32LE(Math.min(entry.compressedSize, MAX_32), 20);
  header.writeUInt32LE(Math.min(entry.size, MAX_32), 24);
  header.writeUInt16LE(nameBytes, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE((entry.mode << 16) >>> 0, 38);
  header.writeUInt32LE(Math.min(offset, MAX_32), 42);
  header.write(entry.name, CENTRAL_HEADER_BYTES);
  extra.copy(header, CENTRAL_HEADER_BYTES + nameBytes);
  return header;
}

/**
 * A central directory with larger offsets.
 *
 * @param directory - central directory headers, back to back, as {@link centralHeader} wrote them
 * @param base - what to add to each entry's offset
 */
export function movedDirectory(directory: Buffer, base: number): Buffer {
  const moved = Buffer.from(directory);
  return moveInPlace(moved, base)
    ? moved
    : Buffer.concat(entriesOf(directory).map(entry => centralHeader(entry, base)));
}

/**
 * Joins the central directories of archives that follow each other in a file. Each directory is moved by the offset of its
 * archive, as {@link movedDirectory} does. Only one copy is made, because the directory of 100,000 files has 12 MB.
 */
export function joinedDirectories(
  archives: readonly { readonly directory: Buffer; readonly offset: number }[]
): Buffer {
  const joined = Buffer.concat(archives.map(({ directory }) => directory));
  let at = 0;
  const fit = archives.every(({ directory, offset }) =>
    moveInPlace(joined.subarray(at, (at += directory.length)), offset)
  );
  return fit ? joined : Buffer.concat(archives.map(({ directory, offset }) => movedDirectory(directory, offset)));
}

/** @returns false when an offset becomes too large for its field; the directory is then unusable */
function moveInPlace(directory: Buffer, base: number): boolean {
  for (let at = 0; at < directory.length; at += centralHeaderBytes(directory, at)) {
    const offset = directory.readUInt32LE(at + 42) + base;
    if (offset >= MAX_32) return false;
    directory.writeUInt32LE(offset, at + 42);
  }
  return true;
}

/** Parses central directory headers that {@link centralHeader} wrote. */
export function entriesOf(directory: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; at < directory.length; at += centralHeaderBytes(directory, at)) {
    const nameEnd = at + CENTRAL_HEADER_BYTES + directory.readUInt16LE(at + 28);
    let extra = nameEnd + 4;
    const value = (field: number): number => {
      const short = directory.readUInt32LE(at + field);
      if (short < MAX_32) return short;
      extra += 8;
      return Number(directory.readBigUInt64LE(extra - 8));
    };
    // The order is that of the extra field (4.5.3).
    const [size, compressedSize, offset] = [value(24), value(20), value(42)];
    entries.push({
      name: directory.toString('utf8', at + CENTRAL_HEADER_BYTES, nameEnd),
      ...{ offset, size, compressedSize },
      crc32: directory.readUInt32LE(at + 16),
      method: directory.readUInt16LE(at + 10) === STORED ? STORED : DEFLATED,
      mode: directory.readUInt16LE(at + 40)
    });
  }
  return entries;
}

function centralHeaderBytes(directory: Buffer, at: number): number {
  return CENTRAL_HEADER_BYTES + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30);
}

/** The position of a central directory, and the number of its entries. */
export interface DirectoryExtent {
  readonly entries: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Whether an archive with this directory needs the zip64 end records. */
export function needsZip64End({ entries, offset, bytes }: DirectoryExtent): boolean {
  return entries >= MAX_16 || offset >= MAX_32 || bytes >= MAX_32;
}

/**
 * The records behind the central directory: the zip64 records (4.3.14, 4.3.15) when they are needed, then the end record
 * (4.3.16).
 *
 * @param comment - ASCII; the last bytes of the file
 */
export function endRecords(directory: DirectoryExtent, comment = ''): Buffer {
  const { entries, offset, bytes } = directory;
  const end = Buffer.alloc(END_BYTES + comment.length);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries, MAX_16), 8);
  end.writeUInt16LE(Math.min(entries, MAX_16), 10);
  end.writeUInt32LE(Math.min(bytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  end.writeUInt16LE(comment.length, 20);
  end.write(comment, END_BYTES, 'latin1');
  if (!needsZip64End(directory)) return end;
  const end64 = Buffer.alloc(END64_BYTES);
  end64.writeUInt32LE(0x06064b50, 0);
  // 4.3.14.1: the size of the record without this field and the signature.
  writeUInt64(end64, END64_BYTES - 12, 4);
  end64.writeUInt16LE(MADE_ON_UNIX | VERSION_ZIP64, 12);
  end64.writeUInt16LE(VERSION_ZIP64, 14);
  writeUInt64(end64, entries, 24);
  writeUInt64(end64, entries, 32);
  writeUInt64(end64, bytes, 40);
  writeUInt64(end64, offset, 48);
  const locator = Buffer.alloc(END64_LOCATOR_BYTES);
  locator.writeUInt32LE(0x07064b50, 0);
  writeUInt64(locator, offset + bytes, 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

/** Writes flags, method, time, date and CRC, which are in the same order in both headers. */
function writeCommon(
  header: Buffer,
  at: number,
  entry: Pick<ZipEntry, 'method' | 'crc32' | 'name'>,
  nameBytes: number
): void {
  // ASCII names need no flag; the pex tool does not set it for them either.
  header.writeUInt16LE(nameBytes === entry.name.length ? 0 : FLAG_UTF8, at);
  header.writeUInt16LE(entry.method, at + 2);
  header.writeUInt16LE(DOS_TIME, at + 4);
  header.writeUInt16LE(DOS_DATE, at + 6);
  header.writeUInt32LE(entry.crc32, at + 8);
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(ZIP64_EXTRA_ID, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  values.forEach((value, index) => writeUInt64(extra, value, 4 + index * 8));
  return extra;
}

function writeUInt64(buffer: Buffer, value: number, at: number): void {
  buffer.writeBigUInt64LE(BigInt(value), at);
}
