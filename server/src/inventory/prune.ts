import { randomBytes } from 'node:crypto';
import type { Cache } from '../system/cache/cache.js';
import type { TargetSettings } from '../contract/target-settings.js';
import type { Pruned } from '../contract/targets.js';
import { ShipEnvError } from '../errors.js';
import { bufferPayload } from '../payloads/buffer.js';
import { openTarget } from '../targets/index.js';
import { probeName } from '../targets/probe.js';
import { readSmall } from '../targets/reading.js';
import type { Target, TargetEntry } from '../targets/target.js';
import { judge, type Judgement } from './prune-judge.js';
import { writeLock } from '../targets/write-lock.js';
import { Verified } from '../trust/verified.js';

/** What a prune is asked to do. */
export interface PruneOptions {
  readonly olderThanMs: number;
  readonly keep: number;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

/** How far an object's date may lie ahead of the target's own time. */
const MAX_AHEAD_MS = 15 * 60 * 1000;
/** HTTP gives dates in whole seconds; a list of objects gives finer ones. */
const DATE_STEP_MS = 1000;
/** How long the removal of the object that shows the target's time may take. */
const CLEAN_UP_MS = 10_000;

/**
 * Removes from a target what no recent manifest or pointer needs, and never what it cannot judge. Ages are measured by
 * the target's own clock. Ships of this machine to this target wait until the prune ends. Ships of other machines are
 * protected by the age limit.
 *
 * @throws ShipEnvError TARGET_*; objects that were removed before the error stay removed
 */
export async function prune(
  settings: TargetSettings,
  options: PruneOptions,
  { cache, signal }: { cache: Cache; signal: AbortSignal }
): Promise<Pruned> {
  const target = await openTarget(settings);
  try {
    if (options.dryRun) return told(target, await judgeAll(target, options, cache, signal), true);
    return await cache.exclusively(writeLock(target), signal, async held => {
      const judgement = await judgeAll(target, options, cache, held);
      const removed: TargetEntry[] = [];
      for (const entry of judgement.remove) {
        if (await isRemoved(target, entry, held)) removed.push(entry);
      }
      return told(target, { ...judgement, remove: removed }, false);
    });
  } finally {
    target.close();
  }
}

async function judgeAll(
  target: Target,
  { olderThanMs, keep, dryRun }: PruneOptions,
  cache: Cache,
  signal: AbortSignal
): Promise<Judgement> {
  const entries: TargetEntry[] = [];
  for await (const entry of target.list(signal)) entries.push(entry);
  if (entries.length === 0) return { remove: [], kept: [] };
  const newest = entries.reduce((latest, { modified }) => Math.max(latest, modified.getTime()), -Infinity);
  // A dry run writes nothing, so it can use this machine's clock only.
  const nowMs = dryRun ? Math.max(Date.now(), newest) : await timeOf(target, signal);
  if (newest > nowMs + MAX_AHEAD_MS) throw noTime(target, new Date(newest), new Date(nowMs));
  const used = (await Verified.open(cache, target)).usedWithin(olderThanMs);
  return judge(entries, { nowMs, olderThanMs, keep, used }, name => readSmall(target, name, signal));
}

/** The target's time: the date of an object that is written now and removed again. */
async function timeOf(target: Target, signal: AbortSignal): Promise<number> {
  const probe = bufferPayload(probeName(), randomBytes(16));
  try {
    await target.write(probe, { signal });
    return (await target.stat(probe.name, signal))?.modified?.getTime() ?? Number.NaN;
  } finally {
    await target.remove(probe.name, AbortSignal.timeout(CLEAN_UP_MS));
  }
}

/** Removes an object, unless it has changed since it was listed: a ship of another machine may have sent it again. */
export async function isRemoved(target: Target, entry: TargetEntry, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const now = await target.stat(entry.name, signal);
  if (now?.modified === undefined || now.bytes !== entry.bytes) return false;
  if (Math.abs(now.modified.getTime() - entry.modified.getTime()) > DATE_STEP_MS) return false;
  await target.remove(entry.name, signal);
  return true;
}

function told(target: Target, { remove, kept }: Judgement, dryRun: boolean): Pruned {
  const row = ({ name, bytes, modified }: TargetEntry): Pruned['removed'][number] => ({
    name,
    bytes,
    modified: modified.toISOString()
  });
  return {
    url: target.url,
    dryRun,
    removed: remove.map(row),
    removedBytes: remove.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: kept.map(({ entry, reason }) => ({ ...row(entry), reason }))
  };
}

function noTime(target: Target, newest: Date, now: Date): ShipEnvError {
  return new ShipEnvError(
    'TARGET_FAILED',
    `The dates of the objects on ${target.url} lie in the future: the newest has the date ${newest.toISOString()}, ` +
      `an object that was written just now has ${now.toISOString()}. Nothing was removed.`,
    { hint: 'The clock of the target was set back, or its dates are wrong. Remove old files by hand.' }
  );
}
