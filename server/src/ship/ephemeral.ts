import type { TargetSettings } from '../contract/target-settings.js';
import { isRecordName } from '../records/record.js';
import { objectsOf, recordsAmong } from '../records/uses.js';
import { bufferPayload } from '../payloads/buffer.js';
import type { Cache } from '../system/cache/cache.js';
import { openTarget } from '../targets/index.js';
import { readSmall } from '../targets/reading.js';
import type { Target, TargetEntry } from '../targets/target.js';
import { writeLock } from '../targets/write-lock.js';
import { MANIFEST_NAME } from '../trust/names.js';

/** How long the removal may take after the job. What is left goes with the next prune. */
const TAKE_BACK_TIMEOUT_MS = 30_000;

/** What became of the objects that a ship created for one job. */
export interface TakenBack {
  readonly removed: readonly string[];
  /** Objects that stay, because another ship uses them. */
  readonly kept: readonly string[];
}

/**
 * Removes what a ship created for one job, when the job has ended. What was there before is not among the names, and
 * what another ship says that it uses, in its record, stays. Ships of this machine to this target wait meanwhile.
 *
 * A ship of another machine writes its record and then looks once more for what it relies on; here the manifest goes
 * first, and then the records are read once more. So one of the two always notices the other.
 *
 * @param created - names that the ship reported (`ShipContext.onCreated`), in that order
 * @param keeps - names that must stay for another reason, such as a release
 * @throws ShipEnvError TARGET_*; a TimeoutError after half a minute
 */
export async function takeBack(
  settings: TargetSettings,
  created: readonly string[],
  { cache, keeps = new Set() }: { readonly cache: Cache; readonly keeps?: ReadonlySet<string> }
): Promise<TakenBack> {
  if (created.length === 0) return { removed: [], kept: [] };
  const signal = AbortSignal.timeout(TAKE_BACK_TIMEOUT_MS);
  const target = await openTarget(settings);
  try {
    return await cache.exclusively(writeLock(target), signal, held => takeBackUnderLock(target, created, keeps, held));
  } finally {
    target.close();
  }
}

async function takeBackUnderLock(
  target: Target,
  created: readonly string[],
  keeps: ReadonlySet<string>,
  signal: AbortSignal
): Promise<TakenBack> {
  const own = new Set(created.filter(isRecordName));
  const used = async (): Promise<ReadonlySet<string>> =>
    new Set([...keeps, ...(await usedByOthers(target, own, signal))]);
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

/** Names of the objects that other ships use, as the records of these ships say. */
async function usedByOthers(target: Target, own: ReadonlySet<string>, signal: AbortSignal): Promise<string[]> {
  const entries: TargetEntry[] = [];
  for await (const entry of target.list(signal)) {
    if (entry.isFile !== false && !own.has(entry.name)) entries.push(entry);
  }
  const records = await recordsAmong(entries, name => readSmall(target, name, signal));
  return records.flatMap(({ record }) => (record === undefined ? [] : objectsOf(record)));
}
