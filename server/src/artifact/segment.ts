import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { withCompiledModules } from './pex/compile.js';
import { changed, readError, readSeenFile } from './read-file.js';
import { appendIndex } from './segment-index.js';
import type { DataEntry, FileEntry, PlannedSegment } from './types.js';
import { crc32 } from './zip/crc32.js';
import { PIECE_BYTES, deflatePiece, pays } from './zip/deflate.js';
import { OutputFile } from './zip/output-file.js';
import { DEFLATED, STORED, localHeader, type ZipEntry, type ZipMethod } from './zip/records.js';

/** Entries or pieces of one segment that are read and compressed at a time: at most 4 MiB, and what they become. */
const AHEAD = 4;

const MODE_FILE = 0o100644;
const MODE_PROGRAM = 0o100755;

/**
 * Writes a segment: the zip entries of one distribution under `.deps/<wheel>/`, one with its compiled modules, then an
 * index of them.
 *
 * @param onBytes - called with the uncompressed bytes done since the last call
 * @throws ShipEnvError ARTIFACT_FILE_CHANGED, SNAPSHOT_UNREADABLE; the signal's reason
 */
export function writeSegment(
  path: string,
  segment: PlannedSegment,
  options: { signal: AbortSignal; onBytes: (bytes: number) => void }
): Promise<void> {
  return withCompiledModules(segment, `${path}.pyc`, options.signal, compiled =>
    OutputFile.create(path, 0o600, async file => {
      const writer = new SegmentWriter(file, segment, options.signal, options.onBytes);
      await appendIndex(file, await writer.write(compiled));
    })
  );
}

/** An entry that is compressed as a whole. */
interface Compressed {
  readonly crc32: number;
  readonly size: number;
  readonly method: ZipMethod;
  readonly data: Buffer;
}

/** Compresses several entries at a time and writes them in their order. */
class SegmentWriter {
  readonly #file: OutputFile;
  readonly #segment: PlannedSegment;
  readonly #signal: AbortSignal;
  readonly #onBytes: (bytes: number) => void;
  readonly #entries: ZipEntry[] = [];
  /** Compressions under way, and what to do with each when it is its turn. */
  readonly #queue: (() => Promise<void>)[] = [];

  constructor(file: OutputFile, segment: PlannedSegment, signal: AbortSignal, onBytes: (bytes: number) => void) {
    this.#file = file;
    this.#segment = segment;
    this.#signal = signal;
    this.#onBytes = onBytes;
  }

  /** @param compiled - an entry that goes behind the distribution's own, named from the root of the archive */
  async write(compiled: Promise<FileEntry | undefined>): Promise<ZipEntry[]> {
    for (const entry of this.#segment.entries) {
      await this.#add(entry, `.deps/${this.#segment.wheel}/${entry.name}`, this.#onBytes);
    }
    const last = await compiled;
    // Its bytes are not among those of the distribution, which are what is counted.
    if (last !== undefined) await this.#add(last, last.name, () => undefined);
    await this.#drain(0);
    return this.#entries;
  }

  async #add(entry: FileEntry | DataEntry, name: string, onBytes: (bytes: number) => void): Promise<void> {
    this.#signal.throwIfAborted();
    if (entry.kind === 'file' && entry.size > PIECE_BYTES) await this.#large(entry, name, onBytes);
    else await this.#enqueue(compress(entry, this.#signal), result => this.#small(entry, name, result, onBytes));
  }

  async #small(
    entry: FileEntry | DataEntry,
    name: string,
    { data, ...compressed }: Compressed,
    onBytes: (bytes: number) => void
  ): Promise<void> {
    const offset = this.#file.position;
    const header = { name, compressedSize: data.length, ...compressed };
    await this.#file.append(localHeader(header));
    await this.#file.append(data);
    this.#entries.push({ ...header, offset, mode: modeOf(entry) });
    onBytes(compressed.size);
  }

  /** Streams a file in pieces; its local header is filled in at the end. */
  async #large(entry: FileEntry, name: string, onBytes: (bytes: number) => void): Promise<void> {
    await this.#drain(0);
    const offset = this.#file.position;
    const { size } = entry;
    const reserved = localHeader({ name, crc32: 0, compressedSize: 0, size, method: STORED });
    await this.#file.append(reserved);
    const { crc, method } = await this.#pieces(entry, onBytes);
    await this.#drain(0);
    const compressedSize = this.#file.position - offset - reserved.length;
    const header = { name, crc32: crc, compressedSize, size, method };
    await this.#file.patch(offset, localHeader(header));
    this.#entries.push({ ...header, offset, mode: modeOf(entry) });
  }

  async #pieces(entry: FileEntry, onBytes: (bytes: number) => void): Promise<{ crc: number; method: ZipMethod }> {
    const hash = createHash('sha256');
    let crc = 0;
    let method: ZipMethod | undefined;
    let previous: Buffer | undefined;
    let left = entry.size;
    const handle = await openSeen(entry);
    try {
      while (left > 0) {
        this.#signal.throwIfAborted();
        const piece = await readPiece(handle, entry, Math.min(PIECE_BYTES, left));
        left -= piece.length;
        hash.update(piece);
        crc = crc32(piece, crc);
        const deflated =
          method === STORED ? Promise.resolve(piece) : deflatePiece(piece, { previous, last: left === 0 });
        // The first piece decides for the file: what does not shrink (archives, images) is stored.
        method ??= pays(piece.length, (await deflated).length) ? DEFLATED : STORED;
        await this.#enqueue(method === STORED ? Promise.resolve(piece) : deflated, async data => {
          await this.#file.append(data);
          onBytes(piece.length);
        });
        previous = piece;
      }
      if ((await handle.read(Buffer.alloc(1), 0, 1, entry.size)).bytesRead > 0) throw changed(entry);
    } finally {
      await handle.close();
    }
    if (hash.digest('hex') !== entry.sha256) throw changed(entry);
    return { crc, method: method ?? STORED };
  }

  async #enqueue<T>(work: Promise<T>, write: (result: T) => Promise<void>): Promise<void> {
    // It is awaited in its turn; until then a failure must not count as unhandled.
    work.catch(() => undefined);
    this.#queue.push(async () => write(await work));
    await this.#drain(AHEAD - 1);
  }

  async #drain(left: number): Promise<void> {
    while (this.#queue.length > left) {
      this.#signal.throwIfAborted();
      await this.#queue.shift()?.();
    }
  }
}

async function compress(entry: FileEntry | DataEntry, signal: AbortSignal): Promise<Compressed> {
  const content = entry.kind === 'data' ? entry.data : await readSeenFile(entry, signal);
  const deflated = await deflatePiece(content, { previous: undefined, last: true });
  const method = pays(content.length, deflated.length) ? DEFLATED : STORED;
  return { crc32: crc32(content), size: content.length, method, data: method === DEFLATED ? deflated : content };
}

function modeOf({ executable }: { executable: boolean }): number {
  return executable ? MODE_PROGRAM : MODE_FILE;
}

async function openSeen(entry: FileEntry): Promise<FileHandle> {
  return open(entry.source).catch((error: unknown) => {
    throw readError(entry, error);
  });
}

async function readPiece(handle: FileHandle, entry: FileEntry, length: number): Promise<Buffer> {
  const piece = Buffer.allocUnsafe(length);
  for (let read = 0; read < length;) {
    const { bytesRead } = await handle.read(piece, read, length - read, null).catch((error: unknown) => {
      throw readError(entry, error);
    });
    if (bytesRead === 0) throw changed(entry);
    read += bytesRead;
  }
  return piece;
}
