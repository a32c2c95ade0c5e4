import { lutimes } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import type { PayloadFacts } from '../../payloads/payload.js';
import { digestOf } from '../../payloads/read.js';
import type { Cache } from '../../system/cache/cache.js';
import { isNothing } from '../../system/files/nothing.js';
import { NotRegular, openRegular } from '../../system/files/open.js';
import type { TransferOptions } from '../../targets/target.js';
import { parseJson } from '../../text/json.js';
import { download, type ReadableTarget } from './download.js';
import { SETTLING_MS, identityAt } from './file-identity.js';

/** After this time a file is read again, and its date is renewed, so that it counts as used. */
const KNOWN_MS = 60 * 60 * 1000;

const note = z.object({ sha256: z.string(), identity: z.string(), verifiedMs: z.number() });

/** What the run gives to a fetch. */
export interface FetchContext extends TransferOptions {
  readonly cache: Cache;
}

/**
 * Returns a program of a target from the cache. It is fetched when the cache lacks it, or when the file in the cache is
 * damaged. A file is read once to compare its digest. Later its identity shows that it is still the same file.
 *
 * @returns the path; its file name is the name of the object
 * @throws as `download`; ShipEnvError CACHE_UNUSABLE, DISK_FULL
 */
export async function fetchProgram(
  target: ReadableTarget,
  wanted: PayloadFacts,
  context: FetchContext
): Promise<string> {
  const { cache, signal } = context;
  const path = cache.path('fetched', wanted.name);
  const isWhole = (): Promise<boolean> => isVerified(cache, path, wanted, signal);
  if (await isWhole()) return path;
  const write = (temporary: string): Promise<void> => download(target, wanted, temporary, context);
  // One process at a time, so that programs that start together fetch once.
  await cache.exclusively(`fetched-${wanted.name}`, signal, held =>
    cache.mend('fetched', wanted.name, isWhole, write, held)
  );
  if (await isWhole()) return path;
  // The file was damaged within a moment: the disk cannot be trusted.
  throw Object.assign(new Error(`${path} is not what was written there a moment ago.`), {
    code: 'EIO',
    syscall: 'read'
  });
}

async function isVerified(
  cache: Cache,
  path: string,
  { name, bytes, sha256 }: PayloadFacts,
  signal: AbortSignal
): Promise<boolean> {
  const content = await cache.hint('fetched', noteName(name));
  const known = note.safeParse(content && parseJson(content.toString('utf8'))).data;
  const age = Date.now() - (known?.verifiedMs ?? 0);
  const isRecent = age >= 0 && age < KNOWN_MS;
  if (isRecent && known?.sha256 === sha256 && known.identity === (await identityAt(path))) return true;
  try {
    const now = new Date();
    await lutimes(path, now, now);
    // An edit after this wait gives another identity.
    await setTimeout(SETTLING_MS, undefined, { signal });
    const identity = await identityAt(path);
    const file = await openRegular(path, { links: 'refuse' });
    const found = await digestOf(file.createReadStream({ signal }), signal);
    if (identity === undefined || found.bytes !== bytes || found.sha256 !== sha256) return false;
    const verified: z.infer<typeof note> = { sha256, identity, verifiedMs: Date.now() };
    await cache.replace('fetched', noteName(name), JSON.stringify(verified));
    return true;
  } catch (error) {
    if (isNothing(error) || error instanceof NotRegular) return false;
    throw error;
  }
}

function noteName(name: string): string {
  return `${name}.json`;
}
