import type { ShipRecord } from '../contract/ship-record.js';
import { ShipEnvError } from '../errors.js';
import { formatByName } from '../formats/registry.js';
import { isRecordName } from '../records/record.js';
import { objectsOf, objectsOfArtifact, type FoundRecord } from '../records/uses.js';
import type { TargetEntry } from '../targets/target.js';
import type { FoundRelease } from '../trust/found-releases.js';
import { MANIFEST_NAME, idOf } from '../trust/names.js';
import { isPointerName } from './pointers.js';

const CODE_NAME = /-[0-9a-f]{16}\.zip$/u;
const ARTIFACT_ID = /^env-[0-9a-f]{20}$/u;

/** What a target holds, as far as a removal must know it. */
export interface Inventory {
  readonly url: string;
  readonly entries: ReadonlyMap<string, TargetEntry>;
  readonly records: readonly FoundRecord[];
  readonly releases: readonly FoundRelease[];
  /** By the name of a pointer file, the code archives that it needs. A pointer file that cannot be read is absent. */
  readonly pointers: ReadonlyMap<string, readonly string[]>;
}

/**
 * What goes with the named objects, in the order of the removal, so that an interrupted removal leaves nothing broken:
 * an environment with its manifest and records; a code archive with the pointer files that need it; a pointer file with
 * the archives that no other one needs. Pure.
 *
 * @param names - ids or object names, as `list` and `log` print them
 * @throws ShipEnvError USAGE_INVALID for a name of another form, ARTIFACT_NOT_SHIPPED when the target does not hold it
 */
export function removalOf(names: readonly string[], inventory: Inventory): TargetEntry[] {
  const chosen = new Set<string>();
  for (const name of names) {
    const objects = belongingTo(name, inventory).filter(object => inventory.entries.has(object));
    if (objects.length === 0) throw notThere(name, inventory);
    for (const object of objects) chosen.add(object);
  }
  return [...chosen].sort((a, b) => rank(a) - rank(b)).flatMap(name => inventory.entries.get(name) ?? []);
}

/**
 * Why others may use what is to be removed: the end of a sentence for each reason. Empty when only this person's ships
 * of this machine are known to use it, and no release names it. Pure.
 *
 * @param me - who removes
 * @param used - names of objects that ships of this machine used
 */
export function usersOf(
  removal: readonly TargetEntry[],
  inventory: Inventory,
  me: Pick<ShipRecord['by'], 'user' | 'host'>,
  used: ReadonlySet<string>
): string[] {
  const { records, releases } = inventory;
  const names = removal.map(({ name }) => name);
  const objects = names.filter(name => !isRecordName(name));
  const released = releasesOf(objects, releases);
  const others = new Set<string>();
  const told = new Set<string>();
  for (const { record } of records) {
    const named = record === undefined ? [] : objectsOf(record).filter(name => objects.includes(name));
    if (record === undefined || named.length === 0) continue;
    for (const name of named) told.add(name);
    const { user, host } = record.by;
    if (user !== me.user || host !== me.host) others.add(`${user} on ${host} shipped it, last on ${day(record.at)}`);
  }
  const unknown = objects.filter(name => !told.has(name) && !used.has(name));
  return [
    ...released,
    ...others,
    ...recordsOfOthers(names, records, me),
    ...unreadableNeeds(names, inventory),
    ...unknown.map(name => `nothing says who uses ${name}`)
  ];
}

/** Records that protect what other people use, as far as they are removed alone. */
function recordsOfOthers(
  names: readonly string[],
  records: readonly FoundRecord[],
  me: Pick<ShipRecord['by'], 'user' | 'host'>
): string[] {
  return records.flatMap(({ entry, record }) => {
    if (!names.includes(entry.name)) return [];
    if (record === undefined) return [`${entry.name} cannot be read`];
    const isAlone = !objectsOf(record).some(name => names.includes(name));
    const { user, host } = record.by;
    return isAlone && (user !== me.user || host !== me.host) ? [`${entry.name} is a record of ${user} on ${host}`] : [];
  });
}

/** A pointer file that cannot be read may need any code archive. */
function unreadableNeeds(names: readonly string[], { entries, pointers }: Inventory): string[] {
  if (!names.some(name => CODE_NAME.test(name))) return [];
  const unreadable = [...entries.keys()].filter(
    name => isPointerName(name) && !pointers.has(name) && !names.includes(name)
  );
  return unreadable.map(name => `${name} cannot be read and may need the code`);
}

function releasesOf(objects: readonly string[], releases: readonly FoundRelease[]): string[] {
  if (objects.length === 0) return [];
  return releases.flatMap(({ name, needs }) => {
    if (needs === undefined) return [`the release ${name} cannot be read`];
    return needs.some(need => objects.includes(need)) ? [`the release ${name} names it`] : [];
  });
}

function belongingTo(name: string, { entries, records, pointers }: Inventory): string[] {
  const id = artifactIdOf(name);
  if (id !== undefined) {
    const own = records.filter(({ record }) => record?.artifact.id === id).map(({ entry }) => entry.name);
    return entries.has(name) || objectsOfArtifact(id).some(object => entries.has(object))
      ? [...objectsOfArtifact(id), ...own]
      : [];
  }
  if (isRecordName(name)) return [name];
  if (isPointerName(name)) {
    const others = new Set([...pointers].filter(([other]) => other !== name).flatMap(([, files]) => files));
    return [name, ...(pointers.get(name) ?? []).filter(file => CODE_NAME.test(file) && !others.has(file))];
  }
  if (CODE_NAME.test(name)) {
    return [name, ...[...pointers].filter(([, files]) => files.includes(name)).map(([pointer]) => pointer)];
  }
  throw new ShipEnvError('USAGE_INVALID', `${JSON.stringify(name)} is not the name of something that ship-env ships.`, {
    hint: 'Name an environment (env-…), a code archive (….zip), a pointer file or a record, as list and log print them.'
  });
}

/** The id in the name of an artifact or a manifest, or the name itself when it is one. */
function artifactIdOf(name: string): string | undefined {
  const suffix = formatByName(name)?.fileName('') ?? '';
  const id = MANIFEST_NAME.test(name) ? idOf(name) : name.slice(0, name.length - suffix.length);
  return ARTIFACT_ID.test(id) ? id : undefined;
}

/** A manifest before its artifact, code before the pointer file by which prune would find it, records last. */
function rank(name: string): number {
  if (isRecordName(name)) return 4;
  if (isPointerName(name)) return 3;
  if (CODE_NAME.test(name)) return 2;
  return MANIFEST_NAME.test(name) ? 0 : 1;
}

function day(at: string): string {
  return at.slice(0, 10);
}

function notThere(name: string, { url }: Inventory): ShipEnvError {
  return new ShipEnvError('ARTIFACT_NOT_SHIPPED', `${url} does not hold ${name}.`, {
    hint: 'See what is there with ship-env list and ship-env log.'
  });
}
