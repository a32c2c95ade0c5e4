import type { TargetSettings } from '../contract/target-settings.js';
import type { Removed } from '../contract/targets.js';
import { ShipEnvError } from '../errors.js';
import { personHere } from '../records/author.js';
import { recordsAmong } from '../records/uses.js';
import type { Cache } from '../system/cache/cache.js';
import { openTarget } from '../targets/index.js';
import { readSmall } from '../targets/reading.js';
import type { Target, TargetEntry } from '../targets/target.js';
import { writeLock } from '../targets/write-lock.js';
import { releasesAmong } from '../trust/found-releases.js';
import { Verified } from '../trust/verified.js';
import { pointersAmong } from './pointers.js';
import { isRemoved } from './prune.js';
import { removalOf, usersOf, type Inventory } from './removal.js';

/** What a removal is asked to do. */
export interface RemoveOptions {
  /** Ids or object names. */
  readonly names: readonly string[];
  /** Also when others may use it. */
  readonly force: boolean;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

/** How long ago a use by this machine still counts as known: for ever. */
const EVER_MS = Number.POSITIVE_INFINITY;

/**
 * Removes named objects from a target, with what belongs to them. Ships of this machine to this target wait until the
 * removal ends.
 *
 * @throws ShipEnvError TARGET_IN_USE when others may use one of them; then nothing was removed. USAGE_INVALID,
 *   ARTIFACT_NOT_SHIPPED, TARGET_*
 */
export async function remove(
  settings: TargetSettings,
  options: RemoveOptions,
  { cache, signal }: { cache: Cache; signal: AbortSignal }
): Promise<Removed> {
  const target = await openTarget(settings);
  try {
    if (options.dryRun) return told(target, await planned(target, options, cache, signal), true);
    return await cache.exclusively(writeLock(target), signal, async held => {
      const removed: TargetEntry[] = [];
      for (const entry of await planned(target, options, cache, held)) {
        if (await isRemoved(target, entry, held)) removed.push(entry);
      }
      return told(target, removed, false);
    });
  } finally {
    target.close();
  }
}

async function planned(
  target: Target,
  { names, force }: RemoveOptions,
  cache: Cache,
  signal: AbortSignal
): Promise<TargetEntry[]> {
  const inventory = await inventoryOf(target, signal);
  const removal = removalOf(names, inventory);
  const used = (await Verified.open(cache, target)).usedWithin(EVER_MS);
  const reasons = force ? [] : usersOf(removal, inventory, personHere(), used);
  if (reasons.length === 0) return removal;
  throw new ShipEnvError(
    'TARGET_IN_USE',
    `${names.join(', ')} on ${target.url} may be in use by others: ${reasons.join('; ')}. Nothing was removed.`,
    { hint: 'Ask them, or remove it anyway: --force. ship-env log shows who shipped what.' }
  );
}

async function inventoryOf(target: Target, signal: AbortSignal): Promise<Inventory> {
  const entries = new Map<string, TargetEntry>();
  for await (const entry of target.list(signal)) if (entry.isFile !== false) entries.set(entry.name, entry);
  const read = (name: string): Promise<Buffer | undefined> => readSmall(target, name, signal);
  const [records, releases, pointers] = await Promise.all([
    recordsAmong(entries.values(), read),
    releasesAmong(entries.values(), read),
    pointersAmong(entries.values(), read)
  ]);
  return { url: target.url, entries, records, releases, pointers };
}

function told({ url }: Target, entries: readonly TargetEntry[], dryRun: boolean): Removed {
  return {
    url,
    dryRun,
    removed: entries.map(({ name, bytes, modified }) => ({ name, bytes, modified: modified.toISOString() })),
    removedBytes: entries.reduce((sum, { bytes }) => sum + bytes, 0)
  };
}
