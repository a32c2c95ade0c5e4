import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { PayloadFacts } from '../payloads/payload.js';
import { differs, missing, tooLarge } from './object-errors.js';
import type { ObjectFacts, Target, TransferOptions } from './target.js';

/** What {@link readSmall} takes into memory at most: a manifest of a thousand distributions has a few hundred KB. */
const MAX_SMALL_BYTES = 32 * 1024 * 1024;

/** A file system tells an identity so long after a file was written, where its clock is fine enough. */
const SETTLING_MS = 60;
/** To read so much takes longer than to wait for an identity. */
const WORTH_WAITING_BYTES = 16 * 1024 * 1024;

/** What reading an object to its end tells. */
export interface ReadFacts extends ObjectFacts {
  readonly sha256: string;
}

/**
 * A small object whole (manifests, pointer files); undefined when it is not there.
 *
 * @throws ShipEnvError TARGET_CONFLICT when the object is too large for one of ours
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
    if (bytes > MAX_SMALL_BYTES) throw tooLarge(target.url, name, bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads an object of any size to its end; undefined when it is not there. An object that changes meanwhile has no
 * identity.
 *
 * @param options - `onProgress` is called with the bytes that were read so far
 */
export async function readFacts(
  target: Pick<Target, 'look' | 'read'>,
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
  const after = await target.look(name, signal);
  if (after === undefined) return undefined;
  const identity = after.identity === before?.identity ? after.identity : undefined;
  return { bytes, sha256: hash.digest('hex'), identity };
}

/**
 * Compares an object with what it must be by reading it.
 *
 * @returns the identity of what was read
 * @throws ShipEnvError TARGET_CHECKSUM
 */
export async function verifyByReading(
  target: Pick<Target, 'url' | 'look' | 'read'>,
  wanted: PayloadFacts,
  signal: AbortSignal
): Promise<string | undefined> {
  const found = await target.look(wanted.name, signal);
  if (found === undefined) throw missing(target.url, wanted);
  if (found.bytes !== wanted.bytes) throw differs(target.url, wanted, `${found.bytes} bytes`);
  const read = await readFacts(target, wanted.name, { signal });
  if (read === undefined) throw missing(target.url, wanted);
  if (read.sha256 !== wanted.sha256) throw differs(target.url, wanted, `sha256 ${read.sha256}`);
  return read.identity;
}

/** Waits for an identity where that is short beside the reading. */
async function settled(
  target: Pick<Target, 'look'>,
  name: string,
  signal: AbortSignal
): Promise<ObjectFacts | undefined> {
  const found = await target.look(name, signal);
  if (found === undefined || found.identity !== undefined || found.bytes < WORTH_WAITING_BYTES) return found;
  await setTimeout(SETTLING_MS, undefined, { signal });
  return target.look(name, signal);
}
