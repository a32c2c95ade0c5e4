/** The messages between threads: tasks of a build, and their results. */
import type { SeenFile } from '../seen-file.js';
import type { ZipMethod } from '../zip/records.js';

/** The source of a zip entry: a small file, or bytes in memory. */
export type EntrySource = { readonly name: string } & ({ readonly file: SeenFile } | { readonly data: Uint8Array });

/** Compress some entries of a segment, each as a whole. Their contents and headers fit into a {@link Slot}. */
export interface EntriesTask {
  readonly kind: 'entries';
  readonly entries: readonly EntrySource[];
}

export interface EntriesResult {
  /** Bytes of the slot's output: local headers and data, one entry after the other. */
  readonly bytes: number;
  /** A row for each entry; `offset` is the position of its local header in the output. */
  readonly rows: readonly {
    readonly offset: number;
    readonly crc32: number;
    readonly compressedSize: number;
    readonly size: number;
    readonly method: ZipMethod;
  }[];
}

/** Read, and possibly compress, one piece of a large entry. */
export interface PieceTask {
  readonly kind: 'piece';
  /** Path of the file; or the bytes from the start of the window to the end of the piece. */
  readonly source: string | Uint8Array;
  /** Position of the piece in the entry. */
  readonly position: number;
  readonly bytes: number;
  /** The file must end behind this piece. */
  readonly isLast: boolean;
  /** When false, the piece is only read. */
  readonly isCompressed: boolean;
}

/** The slot's input contains the {@link windowBytes} before the piece, and the piece. */
export interface PieceResult {
  /** Bytes of the compressed piece in the slot's output; undefined when the piece was only read. */
  readonly deflated: number | undefined;
}

/** Compute the digests of a file. */
export interface DigestTask {
  readonly kind: 'digest';
  readonly path: string;
}

/** `SegmentDigests` of the file. */
export interface DigestResult {
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string;
  readonly crc32: number;
}

export type Task = EntriesTask | PieceTask | DigestTask;

/** The result of a task. */
export type ResultOf<T extends Task> = T extends EntriesTask
  ? EntriesResult
  : T extends PieceTask
    ? PieceResult
    : DigestResult;

/** How a task ended, in a form that a thread can send to another. */
export type Outcome =
  | { readonly result: ResultOf<Task> }
  /** A file of the environment could not be read; `code` is the system's. Without a code, the file has changed. */
  | { readonly path: string; readonly code: string | undefined; readonly message: string }
  /** Any other error, and its system code, because an error loses its code when it is sent to another thread. */
  | { readonly error: unknown; readonly code: string | undefined };
