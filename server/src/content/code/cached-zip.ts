import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import * as z from 'zod';
import type { Cache } from '../../system/cache/cache.js';
import { ShipEnvError } from '../../errors.js';
import { isNothing, orNothing } from '../../system/files/nothing.js';
import { NotRegular, openRegular } from '../../system/files/open.js';
import { parseJson } from '../../text/json.js';
import { digestOf } from '../../payloads/read.js';
import type { Payload } from '../../payloads/payload.js';
import { FileChanged, type OnBytes } from './hashes.js';
import { writeZip, type ArchiveEntry } from './zip.js';

const zipFacts = z.object({ bytes: z.number().int(), sha256: z.string() });
/** Size and sha256 of a zip when it was written. */
export type ZipFacts = z.infer<typeof zipFacts>;

/** A zip in the cache. */
export interface CachedZip {
  readonly facts: ZipFacts;
  /** Whether the zip was in the cache already. */
  readonly reused: boolean;
  /**
   * Like `Payload.open`. Before the first byte is returned, the zip is compared with its sha256. It is written again when it
   * is damaged, or was replaced by another process, which may have another zlib. The stream fails with
   * ARTIFACT_FILE_CHANGED when the new zip has other bytes.
   */
  readonly open: Payload['open'];
}

/**
 * The zip of these entries, from the cache when it is there. Its size and sha256 are stored beside it, so that nothing is read
 * when an unchanged tree ships whose zip the target holds.
 *
 * @throws as `writeZip`; ShipEnvError DISK_FULL, CACHE_UNUSABLE; the signal's reason
 */
export async function zipInCache(
  name: string,
  entries: readonly ArchiveEntry[],
  options: { readonly cache: Cache; readonly signal: AbortSignal; readonly onBytes: OnBytes }
): Promise<CachedZip> {
  const { cache, signal, onBytes } = options;
  const write = async (temporary: string): Promise<void> => {
    await writeZip(temporary, entries, signal, onBytes);
    await cache.replace('code', factsName(name), JSON.stringify(await measure(temporary, signal)));
  };
  for (;;) {
    const { path, reused } = await cache.entry('code', name, write, signal);
    const facts = await knownFacts(cache, name);
    // The zip may be missing, because another ship found it damaged and removed it.
    if (facts !== undefined && facts.bytes === (await orNothing(stat(path)))?.size) {
      const mend = (): Promise<void> => cache.mend('code', name, () => isWhole(path, facts, signal), write, signal);
      return { facts, reused, open: opener(path, () => mended(path, facts, mend, signal)) };
    }
    // After a power cut a file may lack bytes that were never written to the disk.
    await cache.drop('code', name);
  }
}

function factsName(name: string): string {
  return `${name}.json`;
}

async function knownFacts(cache: Cache, name: string): Promise<ZipFacts | undefined> {
  const content = await cache.hint('code', factsName(name));
  return zipFacts.safeParse(content && parseJson(content.toString('utf8'))).data;
}

/**
 * Checks the zip, and writes it again when it is damaged.
 *
 * @throws ShipEnvError ARTIFACT_FILE_CHANGED when the new zip has other bytes
 */
async function mended(path: string, facts: ZipFacts, mend: () => Promise<void>, signal: AbortSignal): Promise<void> {
  if (await isWhole(path, facts, signal)) return;
  try {
    await mend();
  } catch (error) {
    throw error instanceof FileChanged ? codeChanged(path, error) : error;
  }
  // The files have the same content, so only another zlib can give other bytes. The next ship uses the new size and sha256.
  if (!(await isWhole(path, facts, signal))) throw codeChanged(path);
}

async function isWhole(path: string, facts: ZipFacts, signal: AbortSignal): Promise<boolean> {
  try {
    const found = await measure(path, signal);
    return found.bytes === facts.bytes && found.sha256 === facts.sha256;
  } catch (error) {
    if (isNothing(error) || error instanceof NotRegular) return false;
    throw error;
  }
}

async function measure(path: string, signal: AbortSignal): Promise<ZipFacts> {
  const file = await openRegular(path);
  return digestOf(file.createReadStream({ signal }), signal);
}

function opener(path: string, prepare: () => Promise<void>): Payload['open'] {
  let prepared: Promise<void> | undefined;
  async function* bytes(range?: { start: number; end: number }): AsyncGenerator {
    await (prepared ??= prepare());
    if (range !== undefined && range.end <= range.start) return;
    const file = await openRegular(path);
    // `end` is exclusive here and inclusive for Node.
    yield* file.createReadStream(range && { start: range.start, end: range.end - 1 });
  }
  return range => Readable.from(bytes(range), { objectMode: false });
}

function codeChanged(path: string, cause?: unknown): ShipEnvError {
  return new ShipEnvError(
    'ARTIFACT_FILE_CHANGED',
    `The code archive ${path} was damaged and had to be made again; the code has changed since it was made.`,
    { hint: 'Ship again.', cause }
  );
}
