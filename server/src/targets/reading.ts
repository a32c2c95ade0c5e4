import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { PayloadFacts } from '../payloads/payload.js';
import { differenceError, missingError, tooLargeError } from './object-errors.js';
import type { ObjectFacts, Target, TransferOptions } from './target.js';

/**
 * The largest object that {@link readSmall} reads into memory: a manifest of a thousand distributions has a few hundred
 * KB.
 */
const MAX_SMALL_BYTES = 32 * 1024 * 1024;

/** How long after a write a file system with a fine clock can tell the identity of the file. */
const SETTLING_MS = 60;
/** Reading this many bytes takes longer than waiting for an identity. */
const WORTH_WAITING_BYTES = 16 * 1024 * 1024;

/** What is known of an object after reading it to its end. */
export interface ReadFacts extends ObjectFacts {
  readonly sha256: string;
}

/**
 * Reads a small object into memory (a manifest, a pointer file); undefined when it does not exist.
 *
 * @throws ShipEnvError TARGET_CONFLICT when the object is larger than any that ship-env writes
 */
export async function readSmall(
  target: Pick<Target, 'url' | 'read'>,
  name: string,
  signal: AbortSignal
): Promise<Buffer | undefined> {
  const content = await target.read(name, signal);
  if (content === undefined) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > MAX_SMALL_BYTES) throw tooLargeError(target.url, name, bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads an object of any size to its end; undefined when it does not exist. When the object changes meanwhile, the
 * result has no identity.
 *
 * @param options - `onProgress` gets the number of bytes read so far
 */
export async function readFacts(
  target: Pick<Target, 'stat' | 'read'>,
  name: string,
  { signal, onProgress }: TransferOptions
): Promise<ReadFacts | undefined> {
  const before = await settled(target, name, signal);
  const content = before && (await target.read(name, signal));
  if (content === undefined) return undefined;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    signal.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
    onProgress?.(bytes);
  }
  const after = await target.stat(name, signal);
  if (after === undefined) return undefined;
  const identity = after.identity === before?.identity ? after.identity : undefined;
  return { bytes, sha256: hash.digest('hex'), identity };
}

/**
 * Reads an object and compares it with what it must be.
 *
 * @returns the identity of what was read
 * @throws ShipEnvError TARGET_CHECKSUM
 */
export async function verifyByReading(
  target: Pick<Target, 'url' | 'stat' | 'read'>,
  wanted: PayloadFacts,
  signal: AbortSignal
): Promise<string | undefined> {
  const found = await target.stat(wanted.name, signal);
  if (found === undefined) throw missingError(target.url, wanted);
  if (found.bytes !== wanted.bytes) throw differenceError(target.url, wanted, `${found.bytes} bytes`);
  const read = await readFacts(target, wanted.name, { signal });
  if (read === undefined) throw missingError(target.url, wanted);
  if (read.sha256 !== wanted.sha256) throw differenceError(target.url, wanted, `sha256 ${read.sha256}`);
  return read.identity;
}

/** Waits until the target can tell an identity, if the wait is short compared with reading the object. */
async function settled(
  target: Pick<Target, 'stat'>,
  name: string,
  signal: AbortSignal
): Promise<ObjectFacts | undefined> {
  const found = await target.stat(name, signal);
  if (found === undefined || found.identity !== undefined || found.bytes < WORTH_WAITING_BYTES) return found;
  await setTimeout(SETTLING_MS, undefined, { signal });
  return target.stat(name, signal);
}
