import { open, type FileHandle } from 'node:fs/promises';

/** What a Linux program or library says of the libraries that it is loaded with (System V ABI, "Dynamic Section"). */
export interface DynamicSection {
  /** Names of the libraries, in their order: `libc.so.6`. */
  readonly needed: readonly string[];
  /** Folders in which the loader looks for them first; they may begin with `$ORIGIN`, the folder of the file itself. */
  readonly searchPaths: readonly string[];
}

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const HEADER_BYTES = 64;

const PROGRAM_HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;

const ENTRY_BYTES = 16;
const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const DT_RPATH = 15;
const DT_RUNPATH = 29;
const DT_VERNEED = 0x6ffffffe;
const DT_VERNEEDNUM = 0x6fffffff;

/** The loader starts a program without this version, with a warning. */
const VER_FLG_WEAK = 2;
/** Longer than the table of any real file. */
const MAX_NEEDS_BYTES = 64 * 1024;

/** No real file has more: a damaged one must not take the memory. */
const MAX_SECTION_BYTES = 16 * 1024 * 1024;

/** A part of an ELF file that is loaded into memory, or says how to load the others. */
interface ElfSegment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
}

/**
 * Reads which libraries a file needs. Nothing is run.
 *
 * @returns undefined when the file is no 64-bit little-endian ELF file, or makes no sense as one
 * @throws what the disk fails with
 */
export function readDynamicSection(path: string): Promise<DynamicSection | undefined> {
  return reading(path, dynamicSectionOf);
}

/** What a program or library asks of the machine that loads it. */
export interface LoaderNeeds {
  /** Number of the processor's kind, as in the ELF header. */
  readonly machine: number;
  /** Versions that the needed libraries must have, as the loader compares them: `GLIBC_2.17`, `GLIBCXX_3.4.21`. */
  readonly versions: readonly string[];
}

/**
 * Reads the versions of libraries that a file needs (Linux Standard Base, "Symbol Versioning"). Nothing is run.
 *
 * @returns undefined when the file is no 64-bit little-endian ELF file, or makes no sense as one
 * @throws what the disk fails with
 */
export function readLoaderNeeds(path: string): Promise<LoaderNeeds | undefined> {
  return reading(path, loaderNeedsOf);
}

/** What Linux reads of a program before it starts the program. */
export interface ProgramHeader {
  /** Number of the processor's kind, as in the ELF header. */
  readonly machine: number;
  /** Path of the program that loads this program and its libraries. A static program has none. */
  readonly loader?: string;
}

/**
 * Reads for which machine a program is. Nothing is run.
 *
 * @returns undefined when the file is no 64-bit little-endian ELF file, or makes no sense as one
 * @throws what the disk fails with
 */
export function readProgramHeader(path: string): Promise<ProgramHeader | undefined> {
  return reading(path, async file => {
    const header = await headerOf(file);
    if (header === undefined) return undefined;
    const machine = header.readUInt16LE(18);
    const named = (await segmentsOf(file, header)).find(({ type }) => type === PT_INTERP);
    if (named === undefined) return { machine };
    return { machine, loader: textAt(await bytesAt(file, named.offset, named.bytes), 0) };
  });
}

async function reading<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  const file = await open(path);
  try {
    return await read(file);
  } catch (error) {
    // An offset or a length leads out of the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

async function headerOf(file: FileHandle): Promise<Buffer | undefined> {
  const header = await bytesAt(file, 0, HEADER_BYTES);
  const isOurs = header.subarray(0, 4).equals(MAGIC) && header[4] === CLASS_64 && header[5] === LITTLE_ENDIAN;
  return isOurs ? header : undefined;
}

/** A file's segments, the entries of its dynamic section, and the table of the texts that the entries name. */
interface Dynamic {
  readonly segments: readonly ElfSegment[];
  readonly entries: readonly Entry[];
  readonly table: Buffer;
}

/** @returns 'static' for a program without a dynamic section; undefined when the section has no table of texts */
async function dynamicOf(file: FileHandle, header: Buffer): Promise<Dynamic | 'static' | undefined> {
  const segments = await segmentsOf(file, header);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return 'static';
  const entries = entriesOf(await bytesAt(file, dynamic.offset, dynamic.bytes));
  const [tableAddress] = valuesOf(entries, DT_STRTAB);
  const [tableBytes] = valuesOf(entries, DT_STRSZ);
  if (tableAddress === undefined || tableBytes === undefined) return undefined;
  return { segments, entries, table: await bytesAt(file, offsetOf(segments, tableAddress), tableBytes) };
}

async function loaderNeedsOf(file: FileHandle): Promise<LoaderNeeds | undefined> {
  const header = await headerOf(file);
  if (header === undefined) return undefined;
  const machine = header.readUInt16LE(18);
  const dynamic = await dynamicOf(file, header);
  if (dynamic === undefined) return undefined;
  const [address] = dynamic === 'static' ? [] : valuesOf(dynamic.entries, DT_VERNEED);
  if (dynamic === 'static' || address === undefined) return { machine, versions: [] };
  const [libraries = 0] = valuesOf(dynamic.entries, DT_VERNEEDNUM);
  const start = offsetOf(dynamic.segments, address);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_NEEDS_BYTES), 0, MAX_NEEDS_BYTES, start);
  return { machine, versions: versionsIn(buffer.subarray(0, bytesRead), libraries, dynamic.table) };
}

/** @throws RangeError when a row or a text lies outside */
function versionsIn(needs: Buffer, libraries: number, table: Buffer): string[] {
  const versions: string[] = [];
  for (let at = 0, left = libraries; left > 0; left -= 1) {
    let row = at + needs.readUInt32LE(at + 8);
    for (let rows = needs.readUInt16LE(at + 2); rows > 0; rows -= 1) {
      if ((needs.readUInt16LE(row + 4) & VER_FLG_WEAK) === 0) versions.push(textAt(table, needs.readUInt32LE(row + 8)));
      row += needs.readUInt32LE(row + 12);
    }
    at += needs.readUInt32LE(at + 12);
  }
  return [...new Set(versions)];
}

async function dynamicSectionOf(file: FileHandle): Promise<DynamicSection | undefined> {
  const header = await headerOf(file);
  if (header === undefined) return undefined;
  const dynamic = await dynamicOf(file, header);
  if (dynamic === undefined) return undefined;
  // A static program needs no library.
  if (dynamic === 'static') return { needed: [], searchPaths: [] };
  const { entries, table } = dynamic;
  const texts = (tag: number): string[] => valuesOf(entries, tag).map(at => textAt(table, at));
  // DT_RPATH does not count where there is a DT_RUNPATH.
  const [paths = ''] = [...texts(DT_RUNPATH), ...texts(DT_RPATH)];
  return { needed: texts(DT_NEEDED), searchPaths: paths.split(':').filter(path => path !== '') };
}

async function segmentsOf(file: FileHandle, header: Buffer): Promise<ElfSegment[]> {
  const count = header.readUInt16LE(56);
  const table = await bytesAt(file, toNumber(header.readBigUInt64LE(32)), count * PROGRAM_HEADER_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const row = table.subarray(index * PROGRAM_HEADER_BYTES);
    return {
      type: row.readUInt32LE(0),
      offset: toNumber(row.readBigUInt64LE(8)),
      address: toNumber(row.readBigUInt64LE(16)),
      bytes: toNumber(row.readBigUInt64LE(32))
    };
  });
}

interface Entry {
  readonly tag: number;
  readonly value: number;
}

function entriesOf(section: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= section.length; at += ENTRY_BYTES) {
    const tag = Number(section.readBigInt64LE(at));
    if (tag === DT_NULL) break;
    // A value of a tag that we do not read may be any number.
    entries.push({ tag, value: Number(section.readBigUInt64LE(at + 8)) });
  }
  return entries;
}

function valuesOf(entries: readonly Entry[], wanted: number): number[] {
  return entries.filter(({ tag }) => tag === wanted).map(({ value }) => value);
}

/** Where in the file lies what is loaded at an address. @throws RangeError when nothing is */
function offsetOf(segments: readonly ElfSegment[], address: number): number {
  const segment = segments.find(
    ({ type, address: start, bytes }) => type === PT_LOAD && address >= start && address < start + bytes
  );
  if (segment === undefined) throw new RangeError(`Nothing of the file is loaded at ${address}.`);
  return segment.offset + address - segment.address;
}

/** @throws RangeError when no text ends there */
function textAt(table: Buffer, start: number): string {
  const end = table.indexOf(0, start);
  if (start >= table.length || end < 0) throw new RangeError(`No text begins at ${start}.`);
  return table.toString('utf8', start, end);
}

/** @throws RangeError when the file is shorter */
async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  if (length > MAX_SECTION_BYTES) throw new RangeError(`${length} bytes are more than any section has.`);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  if (bytesRead < length) throw new RangeError('The file ends too early.');
  return buffer;
}

/** @throws RangeError when the number is no offset that a file can have */
function toNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`${value} is no offset in a file.`);
  return Number(value);
}
