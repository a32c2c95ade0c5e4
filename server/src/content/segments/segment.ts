import { groupsOf, isLarge, type NamedEntry } from './entry-groups.js';
import { LargeEntry } from './large-entry.js';
import { WHEELS, compiledName } from './names.js';
import { sizeOf } from './plan/segment-plan.js';
import type { SeenFile } from './seen-file.js';
import { appendIndex } from './segment-index.js';
import { windowBytes } from './threads/slot.js';
import type { EntriesTask, EntrySource, PieceTask, Task } from './threads/tasks.js';
import type { Lease, Threads } from './threads/threads.js';
import { PIECE_BYTES } from './zip/deflate.js';
import { OutputFile } from './zip/output-file.js';
import { DEFLATED, STORED, localHeader, type ZipEntry } from './zip/records.js';
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

  async #add(group: readonly NamedEntry[], onBytes: (bytes: number) => void): Promise<void> {
    const [first] = group;
    if (first !== undefined && isLarge(first.entry)) return this.#large(first, onBytes);
    const files = group.flatMap(({ entry }) => (entry.kind === 'file' ? [entry] : []));
    const work = this.#run({ kind: 'entries', entries: group.map(sourceOf) }, files);
    await this.#enqueue(work, result => this.#small(group, result, onBytes));
  }

  async #small(
    group: readonly NamedEntry[],
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
  async #large({ entry, name }: NamedEntry, onBytes: (bytes: number) => void): Promise<void> {
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

function sourceOf({ entry, name }: NamedEntry): EntrySource {
  if (entry.kind === 'data') return { name, data: entry.data };
  const { source, size, sha256 } = entry;
  return { name, file: { source, size, sha256 } };
}

function modeOf({ executable }: { executable: boolean }): number {
  return executable ? MODE_PROGRAM : MODE_FILE;
}
