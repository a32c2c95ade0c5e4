import type { TargetSettings } from '../../contract/target-settings.js';
import { isRecordName } from '../../records/record.js';
import { objectsOf, recordsAmong } from '../../records/uses.js';
import { bufferPayload } from '../../payloads/buffer.js';
import type { Cache } from '../../system/cache/cache.js';
import { openTarget } from '../../targets/index.js';
import { readSmall } from '../../targets/reading.js';
import type { Target, TargetEntry } from '../../targets/target.js';
import { writeLock } from '../../targets/write-lock.js';
import { neededBy, releasesAmong } from '../../trust/found-releases.js';
import { MANIFEST_NAME, idOf } from '../../trust/names.js';

/** How long the removal may take after the job. What is left goes with the next prune. */
const TAKE_BACK_TIMEOUT_MS = 30_000;

/** What became of the objects that a ship created for one job. */
export interface TakenBack {
  readonly removed: readonly string[];
  /** Objects that stay, because another ship uses them. */
  readonly kept: readonly string[];
}

/**
 * Removes what a ship created for one job, when the job has ended. What was there before is not among the names. What
 * another ship says that it uses, in its record, stays, and so does what a release names. Ships of this machine to this target wait meanwhile.
 *
 * A ship of another machine writes its record and then looks once more for what it relies on; here the manifest goes
 * first, and then the records are read once more. So one of the two always notices the other.
 *
 * @param created - names that the ship reported (`ShipContext.onCreated`), in that order
 * @param python - as for the ship
 * @throws ShipEnvError TARGET_*; a TimeoutError after half a minute
 */
export async function takeBack(
  settings: TargetSettings,
  created: readonly string[],
  { cache, python }: { readonly cache: Cache; readonly python?: string | undefined }
): Promise<TakenBack> {
  if (created.length === 0) return { removed: [], kept: [] };
  const signal = AbortSignal.timeout(TAKE_BACK_TIMEOUT_MS);
  const target = await openTarget(settings, python);
  try {
    return await cache.exclusively(writeLock(target), signal, held => takeBackUnderLock(target, created, held));
  } finally {
    target.close();
  }
}

async function takeBackUnderLock(target: Target, created: readonly string[], signal: AbortSignal): Promise<TakenBack> {
  const own = new Set(created.filter(isRecordName));
  const used = (): Promise<ReadonlySet<string>> => usedByOthers(target, { created, own }, signal);
  const before = await used();
  const removed: string[] = [];
  const manifests = created.filter(name => MANIFEST_NAME.test(name) && !before.has(name));
  const taken = await Promise.all(manifests.map(name => readSmall(target, name, signal)));
  for (const name of manifests) await target.remove(name, signal);
  const after = await used();
  for (const [index, name] of manifests.entries()) {
    const content = taken[index];
    // Another ship came between. Its own second look may have sent the manifest already: then nothing is written.
    if (after.has(name) && content !== undefined) await target.write(bufferPayload(name, content), { signal });
    else removed.push(name);
  }
  const rest = created.filter(name => !MANIFEST_NAME.test(name) && !after.has(name));
  // Code goes before its pointer file, and the record last: by them prune finds what an interrupted removal left.
  for (const name of rest.sort((a, b) => Number(a.endsWith('.json')) - Number(b.endsWith('.json')))) {
    await target.remove(name, signal);
    removed.push(name);
  }
  return { removed, kept: created.filter(name => !removed.includes(name)) };
}

/**
 * Names of the objects that other ships use, as the records of these ships say, and of those that releases need. All of
 * them while a release cannot be read.
 *
 * @param names.own - the records of the ship itself
 */
async function usedByOthers(
  target: Target,
  { created, own }: { readonly created: readonly string[]; readonly own: ReadonlySet<string> },
  signal: AbortSignal
): Promise<ReadonlySet<string>> {
  const entries: TargetEntry[] = [];
  for await (const entry of target.list(signal)) {
    if (entry.isFile !== false && !own.has(entry.name)) entries.push(entry);
  }
  const read = (name: string): Promise<Buffer | undefined> => readSmall(target, name, signal);
  const released = await releasesAmong(entries, read);
  const needed = neededBy(released);
  if (needed === undefined) return new Set(created);
  const records = await recordsAmong(entries, read);
  const manifests = new Set([...needed].filter(name => MANIFEST_NAME.test(name)));
  return new Set([
    ...needed,
    // An artifact stays with its manifest, and code archives with their pointer file.
    ...created.filter(name => [...manifests].some(manifest => name.startsWith(`${idOf(manifest)}.`))),
    ...(needed.size > manifests.size ? created.filter(name => name.endsWith('.zip')) : []),
    ...records.flatMap(({ record }) => (record === undefined ? [] : objectsOf(record)))
  ]);
}
