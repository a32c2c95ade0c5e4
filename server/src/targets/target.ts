import type { Probe } from '../contract/targets.js';
import type { Payload, SpannedPayload } from '../payloads/payload.js';

/** An artifact on the target whose bytes a write may take over without sending them. */
export interface Holding {
  readonly name: string;
  readonly bytes: number;
  /** The version that the list told; bytes are taken over only as long as the object has it. */
  readonly version: string;
  /** Where each content begins ({@link Span.content}). */
  readonly offsets: ReadonlyMap<string, number>;
}

/** How an object came to the target. */
export interface Arrival {
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that went over the wire, and bytes that the target took over from what it held. */
  readonly sentBytes: number;
  readonly copiedBytes: number;
  /** Why nothing was taken over although there were holdings: the end of a sentence for the person. */
  readonly fullUpload?: string | undefined;
  /**
   * Compares what the target holds now with what was sent.
   *
   * @returns the identity of what was compared, as {@link ObjectFacts.identity}
   * @throws ShipEnvError TARGET_CHECKSUM
   */
  verify(signal: AbortSignal): Promise<string | undefined>;
}

/** What a target says of an object without reading it. */
export interface ObjectFacts {
  readonly bytes: number;
  /** Digest of the whole content, lower-case hex; absent where the target keeps none. */
  readonly sha256?: string | undefined;
  /**
   * Opaque. When two looks give the same identity, the object had the same bytes both times; an object that was written
   * again or edited has another identity. Absent where the target cannot tell, or not yet.
   */
  readonly identity?: string | undefined;
  /** When the object was written, by the target's clock. */
  readonly modified?: Date | undefined;
}

/** What can be done while bytes move. */
export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Called with the bytes that have moved so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** What a write may go by. */
export interface WriteOptions extends TransferOptions {
  /** The caller has already checked that the name is free. */
  readonly isFree?: boolean;
  /** Finds what the target holds of the payload, best first. Called only where {@link Target.canReuse}. */
  readonly reuse?: (() => Promise<readonly Holding[]>) | undefined;
}

/** An object on a target, as a list tells it. */
export interface TargetEntry {
  readonly name: string;
  readonly bytes: number;
  readonly modified: Date;
  /** Tells this object from another one of the same name, where the target can reuse what it holds. */
  readonly version?: string | undefined;
  /** False for what takes a name and is no file: a folder, a FIFO. A look at it is refused. */
  readonly isFile?: false;
}

/** How Spark and programs on other machines get at the objects of a target. */
export interface Access {
  /** The address of an object for Spark's file system layer: `s3a://bucket/prefix/name`, `file:///dir/name`. */
  uri(name: string): string;
  /**
   * Absolute path under which programs of this machine can run an object where it lies. Undefined for a store, and for a
   * directory in which nothing can be run (mounted `noexec`, or without modes). An object that is not there yet counts as
   * one that can be run.
   */
  executablePath(name: string): Promise<string | undefined>;
  /** Spark properties that executors and driver need to read from the target; never a secret by value. */
  sparkProperties(): Record<string, string>;
}

/**
 * A store of objects: where artifacts go. One folder implements one kind; registry.ts lists the kinds. A new kind extends
 * `BaseTarget` and passes the conformance suite (test/targets/conformance.ts).
 *
 * Every method throws a ShipEnvError with a TARGET_* or DISK_FULL code, whose message names the target and whose hint
 * says what to do. An aborted signal rejects with the signal's reason (an AbortError).
 */
export interface Target {
  /** Canonical URL without a trailing slash. */
  readonly url: string;
  readonly access: Access;
  /** Whether a write may take over bytes that the target holds, as far as that is known. */
  readonly canReuse: boolean;
  /** Size, identity and digest of an object; undefined when it is not there. */
  look(name: string, signal: AbortSignal): Promise<ObjectFacts | undefined>;
  /**
   * Writes an object that does not exist yet; nothing is ever overwritten. After a failure or an abort nothing is left:
   * no partial object, no open upload.
   *
   * @returns undefined when someone else was faster; then the object that is there has the payload's size
   * @throws ShipEnvError TARGET_CONFLICT when an object of another size is there
   */
  write(payload: Payload | SpannedPayload, options: WriteOptions): Promise<Arrival | undefined>;
  /** What {@link write} would send and take over; writes nothing. */
  estimate(payload: SpannedPayload, options: WriteOptions): Promise<Pick<Arrival, 'sentBytes' | 'copiedBytes'>>;
  /** The bytes of an object, front to back; undefined when it is not there. */
  read(name: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | undefined>;
  /**
   * Compares an object that someone else may have written with a payload at hand: its size, and the cheapest proof of its
   * content that the target has.
   *
   * @returns the identity of what was compared
   * @throws ShipEnvError TARGET_CHECKSUM when the object differs or is not there
   */
  verify(payload: Payload, signal: AbortSignal): Promise<string | undefined>;
  /** All objects of ours directly below the prefix. */
  list(signal: AbortSignal): AsyncIterable<TargetEntry>;
  /** Deletes an object; no error when it is not there. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Writes, reads back and deletes a small object of a random name. Where a ship would first make the place, it only looks
   * whether that would go well.
   */
  check(signal: AbortSignal): Promise<Probe>;
  /**
   * Fails where it is already clear that nothing can be written. Leaves nothing behind; it costs a store a request or two,
   * so it is called before long work only.
   *
   * @throws ShipEnvError TARGET_DENIED, TARGET_BUCKET_MISSING
   */
  requireWritable(signal: AbortSignal): Promise<void>;
  /** What the target lacks that would vouch for what it is sent, and what was read back therefore: sentences for the person. */
  remarks(): readonly string[];
  /** Frees connections. */
  close(): void;
}
