import type { Readable } from 'node:stream';
import type { Probe } from '../contract/targets.js';
import type { DigestMemory } from '../payloads/digest-memory.js';
import type { Slice } from './s3/delta/slices.js';

/** Immutable bytes with a name, read as often as needed: what a target is asked to hold. */
export interface Payload {
  /** Object name below the target's prefix, no `/`: `env-<hash>.pex`. */
  readonly name: string;
  readonly bytes: number;
  /** Of the whole content, lower-case hex. */
  readonly sha256: string;
  /** A stream over the whole content, or over bytes `start` (inclusive) to `end` (exclusive). */
  open(range?: { start: number; end: number }): Readable;
}

/** A run of bytes of an artifact: its head, a segment, its tail. */
export interface Span {
  readonly bytes: number;
  /**
   * Says what the bytes are, to find the same ones in an artifact on the target; undefined when no other artifact has
   * them. Two spans of one content have the same bytes.
   */
  readonly content: string | undefined;
  /** How it is cut where a target copies it, with what is known of each slice; see `slicesOf`. */
  readonly slices?: readonly Slice[] | undefined;
  /** Fills `into` with the bytes from `position` on. */
  read(into: Buffer, position: number): Promise<void>;
  /**
   * Told the CRC-32 of the whole span by who has read it front to back.
   *
   * @throws ShipEnvError CACHE_UNUSABLE when the local copy is damaged
   */
  check(crc32: number): Promise<void>;
}

/**
 * An artifact that may still be built while it is sent: its size and digest are known at its end. One that is finished
 * is a {@link Payload} as well.
 */
export interface SpannedPayload {
  readonly name: string;
  /** More than it can have. */
  readonly maximalBytes: number;
  /** From its first byte to its last, each span as soon as it can be read. Throws what stops the build. */
  spans(): AsyncIterable<Span>;
  /** What its bytes are, when that is known before they are read. */
  readonly promised?: Pick<Payload, 'bytes' | 'sha256'> | undefined;
  /** Of artifacts that were read before: what the target copies need not be read to know the digest of this one. */
  readonly digests?: DigestMemory | undefined;
}

/** An artifact on the target whose bytes may be copied there. */
export interface CopySource {
  readonly name: string;
  readonly bytes: number;
  /** As {@link TargetEntry.etag}: it is copied from only as long as it is the same. */
  readonly etag: string;
  /** Where each content begins. */
  readonly offsets: ReadonlyMap<string, number>;
}

/** How an artifact came to the target. */
export interface Arrival {
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that went over the wire, and those that the target copied from what it held. */
  readonly sentBytes: number;
  readonly copiedBytes: number;
  /** Why nothing was copied although there were sources: a sentence for the person. */
  readonly fullUpload?: string | undefined;
  /**
   * Compares what the target holds now with what was sent.
   *
   * @returns the identity of what was compared, as {@link Target.verify}
   * @throws ShipEnvError TARGET_CHECKSUM
   */
  verify(signal: AbortSignal): Promise<string | undefined>;
}

/** What a target says of an object without reading it. */
export interface ObjectFacts {
  readonly bytes: number;
  /** Of the whole content, lower-case hex; absent where the target keeps none. */
  readonly sha256?: string | undefined;
  /**
   * Opaque. Of two looks that give the same one, the object had the same bytes both times; an object that was written
   * again or edited has another one. Absent where that cannot be told, or not yet.
   */
  readonly identity?: string | undefined;
  /** When it was written, by the target's clock. */
  readonly modified?: Date | undefined;
}

/** What reading an object to its end tells. */
export interface ReadFacts extends ObjectFacts {
  readonly sha256: string;
}

/** What can be done while bytes move. */
export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Who calls has looked, and there was nothing of that name; between that and the write lies at most what goes up before. */
  readonly isFree?: boolean;
  /** Called with the bytes that the target has taken so far. */
  readonly onProgress?: (bytes: number) => void;
}

export interface AssembleOptions extends TransferOptions {
  /** Best first; asked for only when the target can copy. */
  readonly sources: () => Promise<readonly CopySource[]>;
}

/** An object on a target. */
export interface TargetEntry {
  readonly name: string;
  readonly bytes: number;
  readonly modified: Date;
  /** Tells this object from another one of the same name, where the target can copy. */
  readonly etag?: string | undefined;
  /** False of what takes the name and is none of ours: a folder, a FIFO. What looks for it is refused. */
  readonly isFile?: false;
}

/**
 * Where artifacts go. One implementation a kind of store; `openTarget` in index.ts chooses by the URL's scheme.
 *
 * Every method throws a ShipEnvError with a TARGET_* or DISK_FULL code, whose message names the target and whose hint
 * says what to do; an aborted signal rejects with the signal's reason (an AbortError).
 */
export interface Target {
  /** Canonical URL without a trailing slash. */
  readonly url: string;
  /** Whether it may put an artifact together from others that it holds, as far as is known. */
  readonly canCopy: boolean;
  /** How Spark's file system layer addresses an object: `s3a://bucket/prefix/name`, `file:///dir/name`. */
  uri(name: string): string;
  /**
   * Absolute path under which programs of this machine can run an object where it lies on the target; undefined for a
   * store, and for a directory from which nothing can be run (mounted `noexec`, or without modes). An object that is not
   * there yet counts as one that can be run.
   */
  executablePath(name: string): Promise<string | undefined>;
  /** Spark properties that executors and driver need to read from here; never a secret by value. */
  sparkProperties(): Record<string, string>;
  /** Size and identity of an object and the digest that the target keeps of it, undefined when it is not there. */
  head(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined>;
  /**
   * Writes an object that does not exist yet; nothing is ever overwritten. `exists`: someone was faster, and what is
   * there has the payload's size (else TARGET_CONFLICT). On failure or abort nothing is left behind: no partial object,
   * no open multipart upload.
   */
  put(payload: Payload, options: TransferOptions): Promise<'created' | 'exists'>;
  /**
   * Writes an artifact as {@link put} writes a payload, copying what the target holds already where it can.
   *
   * @returns undefined when there is an object of that name
   */
  assemble(artifact: SpannedPayload, options: AssembleOptions): Promise<Arrival | undefined>;
  /** What {@link assemble} would send and copy; writes nothing. */
  estimate(artifact: SpannedPayload, options: AssembleOptions): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>>;
  /** A small object whole (manifests), undefined when it is not there. */
  read(name: string, signal: AbortSignal): Promise<Buffer | undefined>;
  /**
   * Reads an object of any size to its end; undefined when it is not there. What changes meanwhile has no identity.
   *
   * @param options - `onProgress` is called with the bytes that were read so far
   */
  digest(name: string, options: Pick<TransferOptions, 'signal' | 'onProgress'>): Promise<ReadFacts | undefined>;
  /**
   * Verifies an object: size, and the checksum that the store keeps (S3) or a re-read (directory).
   *
   * @returns the identity of what was verified
   * @throws ShipEnvError TARGET_CHECKSUM when it differs or is not there
   */
  verify(payload: Payload, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Fails where it is clear already that nothing can be written. Leaves nothing behind; costs a store a request or two, so
   * it is asked before long work only.
   *
   * @throws ShipEnvError TARGET_DENIED, TARGET_BUCKET_MISSING
   */
  requireWritable(signal: AbortSignal): Promise<void>;
  /** All objects of ours directly below the prefix. */
  list(signal: AbortSignal): AsyncIterable<TargetEntry>;
  /** Deletes an object; no error when it is not there. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Writes, reads back and deletes a small object of a random name. Of a directory that is not there yet and that a ship
   * makes, it looks only whether that would go well.
   */
  check(signal: AbortSignal): Promise<Probe>;
  /** What it lacks that would vouch for what it is sent, and what was read back therefore: sentences for the person. */
  remarks(): readonly string[];
  /** Frees connections. */
  close(): void;
}
