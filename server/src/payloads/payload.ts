import type { Readable } from 'node:stream';
import type { DigestMemory } from './digest-memory.js';

/** Immutable bytes with a name, read as often as needed: what a target is asked to hold. */
export interface Payload {
  /** Object name below the target's prefix, no `/`: `env-<hash>.pex`. */
  readonly name: string;
  readonly bytes: number;
  /** Of the whole content, lower-case hex. */
  readonly sha256: string;
  /** Executors run the file itself: a target that keeps modes makes it executable. */
  readonly isExecutable?: boolean | undefined;
  /** A stream over the whole content, or over bytes `start` (inclusive) to `end` (exclusive). */
  open(range?: { start: number; end: number }): Readable;
}

/** What is known of a payload without its bytes. */
export type PayloadFacts = Pick<Payload, 'name' | 'bytes' | 'sha256'>;

/** A run of bytes of an artifact that other artifacts may hold too: its head, a segment, its tail. */
export interface Span {
  readonly bytes: number;
  /**
   * Says what the bytes are, to find the same ones in an artifact on the target; undefined when no other artifact has
   * them. Two spans of one content have the same bytes.
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
 * A payload as a row of spans. It may still be built while it is sent: then its size and digest are known at its end.
 */
export interface SpannedPayload {
  readonly name: string;
  /** The payload has at most so many bytes. */
  readonly maximalBytes: number;
  /** Executors run the file itself: a target that keeps modes makes it executable. */
  readonly isExecutable?: boolean | undefined;
  /** From the first byte to the last, each span as soon as it can be read. Throws what stops the build. */
  spans(): AsyncIterable<Span>;
  /** What the bytes are, when that is known before they are read. */
  readonly promised?: Pick<Payload, 'bytes' | 'sha256'> | undefined;
  /** Digests of artifacts that this process read before: what a target copies need not be read again. */
  readonly digests?: DigestMemory | undefined;
}
