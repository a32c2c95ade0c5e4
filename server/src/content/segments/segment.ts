import { createHash, type Hash } from 'node:crypto';
import { WHEELS, compiledName } from './names.js';
import { sizeOf } from './plan/segment-plan.js';
import { changed, type SeenFile } from './seen-file.js';
import { appendIndex } from './segment-index.js';
import { HEADERS_BYTES, windowBytes } from './threads/slot.js';
import type { EntriesTask, EntrySource, PieceTask, Task } from './threads/tasks.js';
import type { Lease, Threads } from './threads/threads.js';
import { crc32 } from '../../payloads/crc32.js';
import { PIECE_BYTES, WINDOW_BYTES, isWorthInflating } from './zip/deflate.js';
import { OutputFile } from './zip/output-file.js';
import { DEFLATED, STORED, localHeader, localHeaderBytes, type ZipEntry, type ZipMethod } from './zip/records.js';
import type { FileEntry, PlannedSegment, SegmentEntry } from './types.js';

/** Tasks of one segment that are not written yet. With so many tasks, at least one always waits for a slot. */
const AHEAD = 10;

const MODE_FILE = 0o100644;
const MODE_PROGRAM = 0o100755;

/** What {@link writeSegment} needs. */
export interface SegmentTools {
  readonly threads: Threads;
  /** Tasks with a lower turn are compressed first, because the upload needs the segments in order. */
  readonly turn: number;
  readonly signal: AbortSignal;
  /** Called with the uncompressed bytes that were done since the last call. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Writes a segment: the zip entries of one distribution ({@link WHEELS}), an entry with its compiled modules, and an index of
 * these entries.
 *
 * @param compiled - the file with the compiled modules. Its entry follows the distribution's own; its name is ignored
 * @throws ShipEnvError ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE; the signal's reason
 */
export function writeSegment(
  path: string,
  segment: PlannedSegment,
  compiled: FileEntry | undefined,
  tools: SegmentTools
): Promise<void> {
  return OutputFile.create(path, 0o600, async file => {
    const entries = await new SegmentWriter(file, segment, tools).write(compiled);
    await file.flush();
    const { sha256, crc32, release } = await tools.threads.run({ kind: 'digest', path }, { turn: tools.turn });
    release();
    await appendIndex(file, entries, { sha256, crc32 });
  });
}

/** An entry with its name in the archive. */
interface Named {
  readonly entry: SegmentEntry;
  readonly name: string;
}

/** Compresses several entries at a time and writes them in order. */
class SegmentWriter {
  readonly #file: OutputFile;
  readonly #segment: PlannedSegment;
  readonly #tools: SegmentTools;
  readonly #entries: ZipEntry[] = [];
  /** Unfinished tasks in order: how to write the result of each, and how to give its slot back. */
  readonly #queue: { readonly write: () => Promise<void>; readonly release: Promise<() => void> }[] = [];

  constructor(file: OutputFile, segment: PlannedSegment, tools: SegmentTools) {
    this.#file = file;
    this.#segment = segment;
    this.#tools = tools;
  }

  async write(compiled: FileEntry | undefined): Promise<ZipEntry[]> {
    try {
      return await this.#writeAll(compiled);
    } finally {
      this.#abandon();
    }
  }

  async #writeAll(compiled: FileEntry | undefined): Promise<ZipEntry[]> {
    const { wheel, entries } = this.#segment;
    const named = entries.map(entry => ({ entry, name: `${WHEELS}${wheel}/${entry.name}` }));
    for (const group of groupsOf(named)) await this.#add(group, this.#tools.onBytes);
    // Only the bytes of the distribution are counted as progress.
    if (compiled !== undefined) await this.#add([{ entry: compiled, name: compiledName(wheel) }], () => undefined);
    await this.#drain(0);
    return this.#entries;
  }

  async #add(group: readonly Named[], onBytes: (bytes: number) => void): Promise<void> {
    const [first] = group;
    if (first !== undefined && isLarge(first.entry)) return this.#large(first, onBytes);
    const files = group.flatMap(({ entry }) => (entry.kind === 'file' ? [entry] : []));
    const work = this.#run({ kind: 'entries', entries: group.map(sourceOf) }, files);
    await this.#enqueue(work, result => this.#small(group, result, onBytes));
  }

  async #small(
    group: readonly Named[],
    { bytes, rows, slot }: Lease<EntriesTask>,
    onBytes: (bytes: number) => void
  ): Promise<void> {
    const start = this.#file.position;
    await this.#file.append(slot.output.subarray(0, bytes));
    for (const [index, { offset, ...row }] of rows.entries()) {
      const named = group[index];
      if (named === undefined) throw new RangeError('More entries were compressed than there are.');
      this.#entries.push({ name: named.name, offset: start + offset, mode: modeOf(named.entry), ...row });
      onBytes(row.size);
    }
  }

  /** Writes an entry in pieces; its local header is filled in at the end. */
  async #large({ entry, name }: Named, onBytes: (bytes: number) => void): Promise<void> {
    const size = sizeOf(entry);
    const large = new LargeEntry(entry);
    const reserved = localHeader({ name, crc32: 0, compressedSize: 0, size, method: STORED });
    let offset = 0;
    for (let position = 0; position < size; position += PIECE_BYTES) {
      const bytes = Math.min(PIECE_BYTES, size - position);
      const isLast = position + bytes === size;
      const work = this.#piece(entry, { position, bytes, isLast, isCompressed: large.method === DEFLATED });
      await this.#enqueue(work, async lease => {
        if (position === 0) {
          offset = this.#file.position;
          await this.#file.append(reserved);
        }
        await this.#file.append(large.add(lease, position, bytes));
        onBytes(bytes);
        if (!isLast) return;
        const compressedSize = this.#file.position - offset - reserved.length;
        const header = { name, crc32: large.crc32(), compressedSize, size, method: large.method };
        await this.#file.patch(offset, localHeader(header));
        this.#entries.push({ ...header, offset, mode: modeOf(entry) });
      });
    }
  }

  #piece(entry: SegmentEntry, piece: Omit<PieceTask, 'kind' | 'source'>): Promise<Lease<PieceTask>> {
    if (entry.kind === 'file') return this.#run({ kind: 'piece', source: entry.source, ...piece }, [entry]);
    const { position, bytes } = piece;
    // A copy, because a thread would get the whole memory behind a view.
    const source = Buffer.from(entry.data.subarray(position - windowBytes(position), position + bytes));
    return this.#run({ kind: 'piece', source, ...piece });
  }

  #run<T extends Task>(task: T, files: readonly SeenFile[] = []): Promise<Lease<T>> {
    const { threads, turn } = this.#tools;
    return threads.run(task, { files, turn });
  }

  async #enqueue<T extends Task>(work: Promise<Lease<T>>, write: (lease: Lease<T>) => Promise<void>): Promise<void> {
    // The promise is awaited later; until then a rejection must not count as unhandled.
    const release = work.then(lease => lease.release);
    release.catch(() => undefined);
    this.#queue.push({ release, write: async () => write(await work) });
    await this.#drain(AHEAD - 1);
  }

  async #drain(left: number): Promise<void> {
    this.#tools.signal.throwIfAborted();
    while (this.#queue.length > left) {
      const [first] = this.#queue;
      await first?.write();
      (await first?.release)?.();
      this.#queue.shift();
      this.#tools.signal.throwIfAborted();
    }
  }

  /** Gives back the slots of results that will not be written, because other segments wait for slots. */
  #abandon(): void {
    for (const { release } of this.#queue.splice(0)) {
      release.then(
        give => give(),
        () => undefined
      );
    }
  }
}

/** A large entry that is read in pieces: computes its digests, and checks that the file is as the snapshot saw it. */
class LargeEntry {
  /** Decided after the first piece: content that does not shrink (archives, images) is stored. */
  method: ZipMethod = DEFLATED;
  readonly #entry: SegmentEntry;
  readonly #hash: Hash = createHash('sha256');
  #crc = 0;
  #before: Uint8Array = new Uint8Array();

  constructor(entry: SegmentEntry) {
    this.#entry = entry;
  }

  /**
   * Takes the next piece.
   *
   * @returns the bytes of the piece in the archive
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED when the window differs from the end of the previous piece
   */
  add({ deflated = 0, slot }: Lease<PieceTask>, position: number, bytes: number): Uint8Array {
    const start = windowBytes(position);
    if (Buffer.compare(slot.input.subarray(0, start), this.#before) !== 0) throw this.#changed();
    const piece = slot.input.subarray(start, start + bytes);
    this.#hash.update(piece);
    this.#crc = crc32(piece, this.#crc);
    this.#before = piece.slice(-WINDOW_BYTES);
    if (position === 0 && !isWorthInflating(bytes, deflated)) this.method = STORED;
    return this.method === STORED ? piece : slot.output.subarray(0, deflated);
  }

  /** CRC-32 of the whole entry. @throws ShipEnvError ARTIFACT_FILE_CHANGED */
  crc32(): number {
    if (this.#hash.digest('hex') !== this.#entry.sha256) throw this.#changed();
    return this.#crc;
  }

  #changed(): Error {
    return this.#entry.kind === 'file' ? changed(this.#entry) : new Error(`${this.#entry.name} changed in memory.`);
  }
}

/** Groups of entries, in order: a large entry by itself, small entries together, as many as fit into a slot. */
function* groupsOf(entries: readonly Named[]): Generator<Named[]> {
  let group: Named[] = [];
  let [bytes, headers] = [0, 0];
  for (const named of entries) {
    const size = sizeOf(named.entry);
    const header = localHeaderBytes(named.name);
    const isFull = bytes + size > PIECE_BYTES || headers + header > HEADERS_BYTES;
    if (group.length > 0 && (isFull || isLarge(named.entry))) {
      yield group;
      [group, bytes, headers] = [[], 0, 0];
    }
    group.push(named);
    bytes += size;
    headers += header;
  }
  if (group.length > 0) yield group;
}

function sourceOf({ entry, name }: Named): EntrySource {
  if (entry.kind === 'data') return { name, data: entry.data };
  const { source, size, sha256 } = entry;
  return { name, file: { source, size, sha256 } };
}

function isLarge(entry: SegmentEntry): boolean {
  return sizeOf(entry) > PIECE_BYTES;
}

function modeOf({ executable }: { executable: boolean }): number {
  return executable ? MODE_PROGRAM : MODE_FILE;
}
