import type { Probe } from '../contract/targets.js';
import type { Payload, SpannedPayload } from '../payloads/payload.js';

/** An artifact on the target whose bytes a write may reuse without sending them. */
export interface Holding {
  readonly name: string;
  readonly bytes: number;
  /** The version from the target's list. Bytes are reused only as long as the object has this version. */
  readonly version: string;
  /** By content ({@link Span.content}), the position of its first byte. */
  readonly offsets: ReadonlyMap<string, number>;
}

/** How an object came to the target. */
export interface Arrival {
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that were sent, and bytes that the target copied from objects that it held. */
  readonly sentBytes: number;
  readonly copiedBytes: number;
  /** Why nothing was reused although there were holdings: the end of a sentence for the person. */
  readonly fullUpload?: string | undefined;
  /**
   * Compares the object on the target, as it is now, with what was sent.
   *
   * @returns the identity of the compared object, as {@link ObjectFacts.identity}
   * @throws ShipEnvError TARGET_CHECKSUM
   */
  verify(signal: AbortSignal): Promise<string | undefined>;
}

/** What a target tells about an object without reading it. */
export interface ObjectFacts {
  readonly bytes: number;
  /** Digest of the whole content, lower-case hex; undefined when the target keeps none. */
  readonly sha256?: string | undefined;
  /**
   * Opaque. When two calls give the same identity, the object had the same bytes both times. An object that was written
   * again or edited has another identity. Undefined when the target cannot tell, or cannot tell yet.
   */
  readonly identity?: string | undefined;
  /** When the object was written, by the target's clock. */
  readonly modified?: Date | undefined;
}

/** Options of a transfer. */
export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Called with the number of bytes that have moved so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Options of a write. */
export interface WriteOptions extends TransferOptions {
  /** The caller has already checked that the name is free. */
  readonly isFree?: boolean;
  /**
   * Finds artifacts on the target that hold bytes of the payload, best first. Called only when {@link Target.canReuse}.
   */
  readonly reuse?: (() => Promise<readonly Holding[]>) | undefined;
}

/** An object in the list of a target. */
export interface TargetEntry {
  readonly name: string;
  readonly bytes: number;
  readonly modified: Date;
  /** Distinguishes this object from another one of the same name. Set only by targets that can reuse bytes. */
  readonly version?: string | undefined;
  /** False when the name belongs to a folder, a FIFO or the like. {@link Target.stat} of such a name throws. */
  readonly isFile?: false;
}

/** How Spark and programs on other machines reach the objects of a target. */
export interface Access {
  /** The address of an object for Spark's file system layer: `s3a://bucket/prefix/name`, `file:///dir/name`. */
  uri(name: string): string;
  /**
   * Absolute path under which programs of this machine can run an object directly. Undefined for a store, and for a
   * directory in which nothing can be run (mounted `noexec`, or without modes). An object that does not exist yet
   * counts as one that can be run.
   */
  executablePath(name: string): Promise<string | undefined>;
  /** Spark properties that executors and driver need to read from the target; they never hold a secret. */
  sparkProperties(): Record<string, string>;
}

/**
 * A store of objects: the place that artifacts are shipped to. One folder implements one kind; index.ts lists the
 * kinds. A new kind extends `BaseTarget` and passes the conformance suite (test/targets/conformance.ts).
 *
 * Every method throws a ShipEnvError with a TARGET_* or DISK_FULL code. Its message names the target, and its hint says
 * what to do. When the signal aborts, the method rejects with the signal's reason (an AbortError).
 */
export interface Target {
  /** Canonical URL without a trailing slash. */
  readonly url: string;
  readonly access: Access;
  /** May a write reuse bytes that the target holds, as far as is known? */
  readonly canReuse: boolean;
  /** Size, identity and digest of an object, without reading it; undefined when it does not exist. */
  stat(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined>;
  /**
   * Writes an object that does not exist yet; nothing is ever overwritten. After a failure or an abort nothing is left:
   * no partial object, no open upload.
   *
   * @returns undefined when another writer was faster; then the existing object has the payload's size
   * @throws ShipEnvError TARGET_CONFLICT when an object of another size exists
   */
  write(payload: Payload | SpannedPayload, options: WriteOptions): Promise<Arrival | undefined>;
  /** The bytes that {@link write} would send and reuse; writes nothing. */
  estimate(payload: SpannedPayload, options: WriteOptions): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>>;
  /** The bytes of an object, from first to last; undefined when it does not exist. */
  read(name: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | undefined>;
  /**
   * Compares an object that another writer may have written with a local payload: by its size, and by the cheapest
   * proof of its content that the target has.
   *
   * @returns the identity of the compared object
   * @throws ShipEnvError TARGET_CHECKSUM when the object differs or does not exist
   */
  verify(payload: Payload, signal: AbortSignal): Promise<string | undefined>;
  /** All objects directly below the prefix, except hidden ones. */
  list(signal: AbortSignal): AsyncIterable<TargetEntry>;
  /** Deletes an object; no error when it does not exist. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Writes, reads back and deletes a small object of a random name. When a ship would have to make the target's
   * directory first, only checks that it could.
   */
  check(signal: AbortSignal): Promise<Probe>;
  /**
   * Throws when it is already clear that nothing can be written. Leaves nothing behind. It costs a store one or two
   * requests, so it is called only before long work.
   *
   * @throws ShipEnvError TARGET_DENIED, TARGET_BUCKET_MISSING
   */
  requireWritable(signal: AbortSignal): Promise<void>;
  /**
   * Sentences for the person: features for verification that the target lacks, and the objects that were read back for
   * that reason.
   */
  remarks(): readonly string[];
  /** Frees connections. */
  close(): void;
}
