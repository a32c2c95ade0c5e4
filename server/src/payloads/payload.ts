import type { Readable } from 'node:stream';
import type { DigestMemory } from './digest-memory.js';

/** Immutable bytes with a name, which a target is asked to hold. They can be read any number of times. */
export interface Payload {
  /** Object name below the target's prefix, without `/`: `env-<hash>.pex`. */
  readonly name: string;
  readonly bytes: number;
  /** sha256 of the whole content, lower-case hex. */
  readonly sha256: string;
  /** Executors run the file itself, so a target that stores file modes makes it executable. */
  readonly isExecutable?: boolean | undefined;
  /** Opens a stream of the whole content, or of the bytes from `start` (inclusive) to `end` (exclusive). */
  open(range?: { start: number; end: number }): Readable;
}

/** What is known about a payload without its bytes. */
export type PayloadFacts = Pick<Payload, 'name' | 'bytes' | 'sha256'>;

/** A run of bytes of an artifact that other artifacts may hold too: its head, a segment, its tail. */
export interface Span {
  readonly bytes: number;
  /**
   * A name for the bytes, to find the same bytes in an artifact on the target; undefined when no other artifact has them.
   * Two spans with equal content have the same bytes.
   */
  readonly content: string | undefined;
  /** Fills `into` with the bytes from `position` on. */
  read(into: Buffer, position: number): Promise<void>;
  /**
   * The reader calls this with the CRC-32 of the whole span, after it has read the span front to back.
   *
   * @throws ShipEnvError CACHE_UNUSABLE when the local copy is damaged
   */
  check(crc32: number): Promise<void>;
}

/**
 * A payload as a sequence of spans. It may be sent while it is still being built; then its size and digest are known only at
 * the end.
 */
export interface SpannedPayload {
  readonly name: string;
  /** The most bytes that the payload can have. */
  readonly maximalBytes: number;
  /** Executors run the file itself, so a target that stores file modes makes it executable. */
  readonly isExecutable?: boolean | undefined;
  /** All spans in order, each as soon as it can be read. Throws the error that stops the build. */
  spans(): AsyncIterable<Span>;
  /** Size and digest, when they are known before the bytes are read. */
  readonly promised?: Pick<Payload, 'bytes' | 'sha256'> | undefined;
  /** Digests of artifacts that this process read before. With them, bytes that a target copies need not be read again. */
  readonly digests?: DigestMemory | undefined;
}
