import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { inflateRaw, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { WHEELS, compiledName } from '../../content/segments/names.js';
import { recordText, recordedFiles } from '../../content/segments/plan/record-text.js';
import { appendIndex, type Segment } from '../../content/segments/segment-index.js';
import type { FileEntry } from '../../content/segments/types.js';
import { OutputFile } from '../../content/segments/zip/output-file.js';
import { STORED, entriesOf, type ZipEntry } from '../../content/segments/zip/records.js';
import { FILE_KINDS } from '../../system/files/kinds.js';
import { isExecutable } from '../../system/files/modes.js';
import { openRegular } from '../../system/files/open.js';
import { MemberWriter } from './member-writer.js';
import { SCRIPTS, compiledPlace, placeIn, recordedAs } from './places.js';
import { relocatable } from './script.js';
import { SegmentReader } from './segment-reader.js';
import { padding, tarHeader } from './tar.js';

/**
 * Files up to this size are compressed again, together with their neighbours. A member for each of them would take more
 * room, and as much time.
 */
const TOGETHER_BYTES = 16 * 1024;

const RECORD = /^[^/]+\.dist-info\/RECORD$/;

const inflateAside = promisify(inflateRaw);

/** The first part of the entry with the compiled modules; see `Compilers.compile`. */
const compiledList = z.object({ tag: z.string(), files: z.array(z.tuple([z.string(), z.number()])) });

/** What is needed to make a segment of an archive. */
export interface Transcoding {
  readonly wheel: string;
  /** Path of the folder of the modules in the archive. */
  readonly sitePackages: string;
  /** Places that have the file of another distribution. */
  readonly omitted: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Uncompressed bytes of the segment that were done since the last call. */
  readonly onBytes: (bytes: number) => void;
}

/** The bytes of a segment are not those that were written. */
export class SpoiltSegment extends Error {}

/**
 * Writes the files of a segment as gzip members of a tar file, then an index as a segment has. What is compressed already
 * is copied as it is, unless it is small.
 *
 * @param path - where nothing is
 * @throws SpoiltSegment; the signal's reason
 */
export async function transcode(segment: Segment, path: string, how: Transcoding): Promise<void> {
  const from = await openRegular(segment.path);
  try {
    await OutputFile.create(path, 0o600, async file => {
      const digests = await new Transcoder(new SegmentReader(from, segment.bytes), new MemberWriter(file), how)
        .run(segment)
        .catch((error: unknown) => {
          how.signal.throwIfAborted();
          throw isOfContent(error) ? new SpoiltSegment(segment.path, { cause: error }) : error;
        });
      await appendIndex(file, [], digests);
    });
  } finally {
    await from.close();
  }
}

/** What can only be wrong with the bytes that were read. */
function isOfContent(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof SyntaxError || error instanceof z.ZodError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

class Transcoder {
  readonly #from: SegmentReader;
  readonly #to: MemberWriter;
  readonly #how: Transcoding;
  /** Files that were written and are not what RECORD says, or are not in it. */
  readonly #rewritten: FileEntry[] = [];
  #record: { readonly place: string; readonly text: string } | undefined;

  constructor(from: SegmentReader, to: MemberWriter, how: Transcoding) {
    this.#from = from;
    this.#to = to;
    this.#how = how;
  }

  async run({ directory, crc32 }: Segment): Promise<{ sha256: string; crc32: number }> {
    const { wheel, signal, onBytes } = this.#how;
    const prefix = `${WHEELS}${wheel}/`;
    for (const entry of entriesOf(directory)) {
      signal.throwIfAborted();
      await this.#from.passHeader();
      if (entry.name === compiledName(wheel)) {
        await this.#compiled(await this.#content(entry));
      } else {
        await this.#file(entry, entry.name.slice(prefix.length));
        onBytes(entry.size);
      }
    }
    if (this.#from.crc32 !== crc32) throw new RangeError('The CRC-32 of a segment is another one.');
    await this.#writeRecord();
    return this.#to.end();
  }

  async #file(entry: ZipEntry, name: string): Promise<void> {
    const { sitePackages, omitted } = this.#how;
    const place = placeIn(sitePackages, name);
    if (place === undefined || omitted.has(place)) {
      await this.#from.take(entry.compressedSize);
    } else if (RECORD.test(name)) {
      this.#record = { place, text: (await this.#content(entry)).toString('utf8') };
    } else if (name.startsWith(SCRIPTS) && entry.size <= FILE_KINDS.script.limit) {
      await this.#script(entry, place);
    } else if (entry.size <= TOGETHER_BYTES) {
      await this.#add(place, await this.#content(entry), entry.mode);
    } else {
      await this.#to.add(tarHeader({ name: place, size: entry.size, executable: isExecutable(entry.mode) }));
      await this.#to.copy(this.#from.pieces(entry.compressedSize), entry);
      await this.#to.add(padding(entry.size));
    }
  }

  async #script(entry: ZipEntry, place: string): Promise<void> {
    const content = await this.#content(entry);
    const script = relocatable(content);
    await this.#add(place, script, entry.mode);
    if (script !== content) this.#note(place, script);
  }

  async #content(entry: ZipEntry): Promise<Buffer> {
    const data = await this.#from.take(entry.compressedSize);
    if (entry.method === STORED) return data;
    return entry.size <= TOGETHER_BYTES ? inflateRawSync(data) : inflateAside(data);
  }

  async #add(place: string, content: Buffer, mode: number): Promise<void> {
    await this.#to.add(tarHeader({ name: place, size: content.length, executable: isExecutable(mode) }));
    await this.#to.add(content);
    await this.#to.add(padding(content.length));
  }

  /** Each compiled module beside its source, as the node bootstrap of a PEX has them (ship_env_node/unpack.py). */
  async #compiled(blob: Buffer): Promise<void> {
    const { sitePackages, omitted } = this.#how;
    let start = 4 + blob.readUInt32LE(0);
    const { tag, files } = compiledList.parse(JSON.parse(blob.toString('utf8', 4, start)));
    for (const [name, size] of files) {
      const content = blob.subarray(start, start + size);
      if (content.length !== size) throw new RangeError('A compiled module ends too early.');
      start += size;
      const source = placeIn(sitePackages, name);
      // Where the source is another distribution's, the compiled module of this one would be the wrong one.
      if (source === undefined || omitted.has(source)) continue;
      const place = compiledPlace(source, tag);
      await this.#add(place, content, 0);
      this.#note(place, content);
    }
  }

  #note(place: string, content: Buffer): void {
    const sha256 = createHash('sha256').update(content).digest('hex');
    this.#rewritten.push({ kind: 'file', name: place, source: '', size: content.length, sha256, executable: false });
  }

  /** RECORD, with the places that files have here. */
  async #writeRecord(): Promise<void> {
    if (this.#record === undefined) return;
    const { sitePackages, omitted } = this.#how;
    const { place: own, text } = this.#record;
    const files = new Map<string, FileEntry>();
    for (const { path, sha256 = '', size = 0 } of recordedFiles(text)) {
      const place = placeIn(sitePackages, path);
      if (place === undefined || place === own || omitted.has(place)) continue;
      files.set(place, { kind: 'file', name: place, source: '', size, sha256, executable: false });
    }
    for (const file of this.#rewritten) files.set(file.name, file);
    const recorded = [...files.values()].map(file => ({ ...file, name: recordedAs(sitePackages, file.name) }));
    await this.#add(own, Buffer.from(recordText(recordedAs(sitePackages, own), recorded)), 0);
  }
}
