import { createHash, type Hash } from 'node:crypto';
import { WHEELS, compiledName } from './names.js';
import { sizeOf } from './plan/segment-plan.js';
import { changed, type SeenFile } from './seen-file.js';
import { appendIndex } from './segment-index.js';
import { HEADERS_BYTES, windowBytes } from './threads/slot.js';
import type { EntriesTask, EntrySource, PieceTask, Task } from './threads/tasks.js';
import type { Lease, Threads } from './threads/threads.js';
import { crc32 } from '../../payloads/crc32.js';
import { PIECE_BYTES, WINDOW_BYTES, pays } from './zip/deflate.js';
import { OutputFile } from './zip/output-file.js';
import { DEFLATED, STORED, localHeader, localHeaderBytes, type ZipEntry, type ZipMethod } from './zip/records.js';
import type { FileEntry, PlannedSegment, SegmentEntry } from './types.js';

/** Tasks of one segment that wait, are under way, or are done and not written: enough that one always waits for a slot. */
const AHEAD = 10;

const MODE_FILE = 0o100644;
const MODE_PROGRAM = 0o100755;

/** What a segment is written with. */
export interface SegmentTools {
  readonly threads: Threads;
  /** What is of an earlier turn is compressed first: the upload waits for the segments in their order. */
  readonly turn: number;
  readonly signal: AbortSignal;
  /** Called with the uncompressed bytes done since the last call. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Writes a segment: the zip entries of one distribution ({@link WHEELS}), one with its compiled modules, then an index of
 * them.
 *
 * @param compiled - the file with the compiled modules, whose entry goes behind the distribution's own; the writer names it
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

/** Compresses several entries at a time and writes them in their order. */
class SegmentWriter {
  readonly #file: OutputFile;
  readonly #segment: PlannedSegment;
  readonly #tools: SegmentTools;
  readonly #entries: ZipEntry[] = [];
  /** Tasks under way, what to do with each when it is its turn, and what gives its slot back. */
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
    // Its bytes are not among those of the distribution, which are what is counted.
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
    // A copy: a thread is sent the whole memory behind a view.
    const source = Buffer.from(entry.data.subarray(position - windowBytes(position), position + bytes));
    return this.#run({ kind: 'piece', source, ...piece });
  }

  #run<T extends Task>(task: T, files: readonly SeenFile[] = []): Promise<Lease<T>> {
    const { threads, turn } = this.#tools;
    return threads.run(task, { files, turn });
  }

  async #enqueue<T extends Task>(work: Promise<Lease<T>>, write: (lease: Lease<T>) => Promise<void>): Promise<void> {
    // It is awaited in its turn; until then a failure must not count as unhandled.
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

  /** Gives the slots back that nobody will write from: others wait for them. */
  #abandon(): void {
    for (const { release } of this.#queue.splice(0)) {
      release.then(
        give => give(),
        () => undefined
      );
    }
  }
}

/** An entry that comes in pieces: digests them, and looks whether they are what the snapshot saw. */
class LargeEntry {
  /** Known after the first piece: what does not shrink (archives, images) is stored. */
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
   * @returns what stands for it in the archive
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED when the window is not the end of the piece before
   */
  add({ deflated = 0, slot }: Lease<PieceTask>, position: number, bytes: number): Uint8Array {
    const start = windowBytes(position);
    if (Buffer.compare(slot.input.subarray(0, start), this.#before) !== 0) throw this.#changed();
    const piece = slot.input.subarray(start, start + bytes);
    this.#hash.update(piece);
    this.#crc = crc32(piece, this.#crc);
    this.#before = piece.slice(-WINDOW_BYTES);
    if (position === 0 && !pays(bytes, deflated)) this.method = STORED;
    return this.method === STORED ? piece : slot.output.subarray(0, deflated);
  }

  /** Of all of it. @throws ShipEnvError ARTIFACT_FILE_CHANGED */
  crc32(): number {
    if (this.#hash.digest('hex') !== this.#entry.sha256) throw this.#changed();
    return this.#crc;
  }

  #changed(): Error {
    return this.#entry.kind === 'file' ? changed(this.#entry) : new Error(`${this.#entry.name} changed in memory.`);
  }
}

/** Entries in their order: a large one by itself, small ones together, as many as a slot takes. */
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
