/** What crosses the boundary between threads: what a build has done elsewhere, and what comes back. */
import type { SeenFile } from '../seen-file.js';
import type { ZipMethod } from '../zip/records.js';

/** A small file, or bytes that are there already, on its way to a zip entry. */
export type EntrySource = { readonly name: string } & ({ readonly file: SeenFile } | { readonly data: Uint8Array });

/** Some entries of a segment, each compressed as a whole. Their contents, and their headers, fit into a {@link Slot}. */
export interface EntriesTask {
  readonly kind: 'entries';
  readonly entries: readonly EntrySource[];
}

export interface EntriesResult {
  /** Bytes of the slot's output: local headers and data, one entry after the other. */
  readonly bytes: number;
  /** Of each entry; `offset` is that of its local header in the output. */
  readonly rows: readonly {
    readonly offset: number;
    readonly crc32: number;
    readonly compressedSize: number;
    readonly size: number;
    readonly method: ZipMethod;
  }[];
}

/** One piece of a large entry. */
export interface PieceTask {
  readonly kind: 'piece';
  /** Of the file; or the bytes from the window's start to the piece's end. */
  readonly source: string | Uint8Array;
  /** Of the piece in the entry. */
  readonly position: number;
  readonly bytes: number;
  /** Nothing may come behind it. */
  readonly isLast: boolean;
  /** Else it is only read. */
  readonly isCompressed: boolean;
}

/** The slot's input is the {@link windowBytes} before the piece and the piece. */
export interface PieceResult {
  /** Bytes of the slot's output, which is the compressed piece; undefined when it was only read. */
  readonly deflated: number | undefined;
}

/** The digests of a file. */
export interface DigestTask {
  readonly kind: 'digest';
  readonly path: string;
}

/** `SegmentDigests` of the file. */
export interface DigestResult {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly crc32: number;
}

export type Task = EntriesTask | PieceTask | DigestTask;

/** What a task gives. */
export type ResultOf<T extends Task> = T extends EntriesTask
  ? EntriesResult
  : T extends PieceTask
    ? PieceResult
    : DigestResult;

/** How a task ended, as one thread tells it to the other. */
export type Outcome =
  | { readonly result: ResultOf<Task> }
  /** A file of the environment could not be read, for a reason of the system's; or, without a code, it has changed. */
  | { readonly path: string; readonly code: string | undefined; readonly message: string }
  /** Else the error, and the system's code of it, which an error does not keep on its way to another thread. */
  | { readonly error: unknown; readonly code: string | undefined };
