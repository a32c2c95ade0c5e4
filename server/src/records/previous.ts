import { createHash } from 'node:crypto';
import * as z from 'zod';
import { codeChanges, distributionChanges } from './changes.js';
import { isRecordName, readRecord } from './record.js';
import type { Manifest } from '../contract/manifest.js';
import type { ShipChanges, ShipRecord } from '../contract/ship-record.js';
import { isShipEnvError } from '../errors.js';
import type { Cache } from '../system/cache/cache.js';
import type { Target } from '../targets/target.js';
import { parseJson } from '../text/json.js';
import { compareText } from '../text/compare.js';
import { manifestById } from '../trust/by-name.js';

/** How many objects are listed at most to find the record before: a crowded target must not delay a ship. */
const MAX_LISTED = 10_000;
/** How many of the newest records are read at most. */
const MAX_READ = 16;

const noteShape = z.object({
  /** Name of the last record. */
  name: z.string(),
  /** Names of the objects that the ship used, with the identities that the target gave; empty where it gave none. */
  used: z.record(z.string(), z.string())
});

/** The note of this machine about its last record of one environment on one target. */
export type RecordNote = z.infer<typeof noteShape>;

/** Whose record it is: the same person and the same environment. */
export type Author = Pick<ShipRecord, 'by' | 'environment'>;

/** Reads the note; undefined when this machine wrote no record, or no longer knows it. */
export async function noteOf(
  cache: Cache,
  target: Pick<Target, 'url'>,
  author: Author
): Promise<RecordNote | undefined> {
  const content = await cache.hint('records', noteName(target, author));
  return content && noteShape.safeParse(parseJson(content.toString('utf8'))).data;
}

/** Replaces the note. @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL */
export async function saveNote(
  cache: Cache,
  target: Pick<Target, 'url'>,
  author: Author,
  note: RecordNote
): Promise<void> {
  await cache.replace('records', noteName(target, author), JSON.stringify(note));
}

/**
 * What changed since the record before. Without a note of this machine, the newest few records on the target are
 * searched for one of the same person and environment.
 *
 * @param note - the note of this machine about the record before
 * @returns undefined when no record was found, or its artifact is gone
 * @throws ShipEnvError TARGET_*
 */
export async function changesSince(
  target: Target,
  now: Author & Pick<ShipRecord, 'artifact' | 'code'>,
  manifest: Manifest,
  note: RecordNote | undefined,
  signal: AbortSignal
): Promise<ShipChanges | undefined> {
  const before = await previousRecord(target, now, note, signal);
  if (before === undefined) return undefined;
  const { name, record } = before;
  const code = codeChanges(record.code, now.code);
  if (record.artifact.id === now.artifact.id) return { since: name, added: [], removed: [], changed: [], code };
  const earlier = await manifestIfThere(target, record.artifact.id, signal);
  return earlier && { since: name, ...distributionChanges(earlier, manifest), code };
}

async function previousRecord(
  target: Target,
  { by, environment }: Author,
  note: RecordNote | undefined,
  signal: AbortSignal
): Promise<{ name: string; record: ShipRecord } | undefined> {
  const names = note === undefined ? await newestRecords(target, signal) : [note.name];
  const records = await Promise.all(
    names.map(async name => ({ name, record: await readRecord(target, name, signal) }))
  );
  for (const { name, record } of records) {
    if (record?.by.user === by.user && record.environment.key === environment.key) return { name, record };
  }
  return undefined;
}

async function newestRecords(target: Target, signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  let listed = 0;
  for await (const { name, isFile } of target.list(signal)) {
    if (isRecordName(name) && isFile !== false) names.push(name);
    listed += 1;
    if (listed >= MAX_LISTED) break;
  }
  return names.sort((a, b) => compareText(b, a)).slice(0, MAX_READ);
}

async function manifestIfThere(target: Target, id: string, signal: AbortSignal): Promise<Manifest | undefined> {
  try {
    return await manifestById(target, id, signal);
  } catch (error) {
    if (!isShipEnvError(error, 'ARTIFACT_NOT_SHIPPED') && !isShipEnvError(error, 'TARGET_CONFLICT')) throw error;
    return undefined;
  }
}

function noteName({ url }: Pick<Target, 'url'>, { by, environment }: Author): string {
  return `${createHash('sha256')
    .update(JSON.stringify([url, by.user, environment.key]))
    .digest('hex')}.json`;
}
