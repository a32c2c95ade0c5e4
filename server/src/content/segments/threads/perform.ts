import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { NotRegular, openRegularSync } from '../../../system/files/open.js';
import { crc32 } from '../../../payloads/crc32.js';
import { deflatePiece, isWorthInflating } from '../zip/deflate.js';
import { DEFLATED, STORED, localHeader, type ZipMethod } from '../zip/records.js';
import { windowBytes, type Slot } from './slot.js';
import type {
  DigestResult,
  DigestTask,
  EntriesResult,
  EntriesTask,
  EntrySource,
  Outcome,
  PieceResult,
  PieceTask,
  ResultOf,
  Task
} from './tasks.js';

/** A file of the environment could not be read. Without a cause, the file has changed since the snapshot. */
class UnreadFile extends Error {
  readonly path: string;

  constructor(path: string, cause?: unknown) {
    super(cause instanceof Error ? cause.message : `${path} has changed.`, { cause });
    this.path = path;
  }
}

/**
 * Performs a task synchronously, which takes half of the work of Node's thread pool with its separate calls. The outcome is a
 * value that can be sent to another thread.
 */
export function perform(task: Task, slot: Slot): Outcome {
  try {
    return { result: resultOf(task, slot) };
  } catch (error) {
    if (!(error instanceof UnreadFile)) return { error, code: codeOf(error) };
    const { path, message, cause } = error;
    return { path, message, code: codeOf(cause) };
  }
}

/** The system's error code, such as ENOSPC. */
function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function resultOf(task: Task, slot: Slot): ResultOf<Task> {
  switch (task.kind) {
    case 'entries':
      return compressEntries(task, slot);
    case 'piece':
      return compressPiece(task, slot);
    case 'digest':
      return digest(task, slot);
  }
}

function compressEntries({ entries }: EntriesTask, { input, output }: Slot): EntriesResult {
  let bytes = 0;
  const rows = entries.map(source => {
    const content = contentOf(source, input);
    const { length: size } = content;
    const deflated = deflatePiece(content, { window: undefined, isLast: true });
    const isSmaller = isWorthInflating(size, deflated.length);
    const data = isSmaller ? deflated : content;
    const method: ZipMethod = isSmaller ? DEFLATED : STORED;
    const row = { offset: bytes, crc32: crc32(content), compressedSize: data.length, size, method };
    const header = localHeader({ name: source.name, ...row });
    output.set(header, bytes);
    output.set(data, bytes + header.length);
    bytes += header.length + data.length;
    return row;
  });
  return { bytes, rows };
}

function contentOf(source: EntrySource, into: Uint8Array): Uint8Array {
  if ('data' in source) return source.data;
  const { source: path, size, sha256 } = source.file;
  const content = readExactly(path, into, { position: 0, bytes: size, isLast: true });
  if (createHash('sha256').update(content).digest('hex') !== sha256) throw new UnreadFile(path);
  return content;
}

function compressPiece(task: PieceTask, { input, output }: Slot): PieceResult {
  const { source, position, bytes, isLast, isCompressed } = task;
  const before = windowBytes(position);
  if (typeof source !== 'string') input.set(source);
  else readExactly(source, input, { position: position - before, bytes: before + bytes, isLast });
  if (!isCompressed) return { deflated: undefined };
  const window = input.subarray(0, before);
  const deflated = deflatePiece(input.subarray(before, before + bytes), { window, isLast });
  output.set(deflated);
  return { deflated: deflated.length };
}

function digest({ path }: DigestTask, { input }: Slot): DigestResult {
  const hash = createHash('sha256');
  let crc = 0;
  let at = 0;
  const { file } = openRegularSync(path);
  try {
    for (let length = -1; length !== 0; at += length) {
      length = readSync(file, input, 0, input.length, at);
      const piece = input.subarray(0, length);
      hash.update(piece);
      crc = crc32(piece, crc);
    }
  } finally {
    closeSync(file);
  }
  return { sha256: hash.digest('hex'), crc32: crc };
}

/**
 * Reads a range of bytes of a file of the environment.
 *
 * @param range - `isLast`: the file must end there; the function tries to read one more byte to check this
 * @throws UnreadFile when the file cannot be read, or has fewer or more bytes
 */
function readExactly(
  path: string,
  into: Uint8Array,
  { position, bytes, isLast }: { position: number; bytes: number; isLast: boolean }
): Uint8Array {
  let filled = 0;
  try {
    const { file } = openRegularSync(path);
    try {
      for (let length = -1; length !== 0 && filled < bytes + Number(isLast); filled += length) {
        length = readSync(file, into, filled, bytes + Number(isLast) - filled, position + filled);
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // The snapshot saw a regular file here, so it has changed.
    throw error instanceof NotRegular ? new UnreadFile(path) : new UnreadFile(path, error);
  }
  if (filled !== bytes) throw new UnreadFile(path);
  return into.subarray(0, bytes);
}
