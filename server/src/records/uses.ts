import type { ShipRecord } from '../contract/ship-record.js';
import { manifestName } from '../formats/manifest.js';
import { FORMATS } from '../formats/registry.js';
import { isRecordName, namedIn, parseRecord } from './record.js';
import type { TargetEntry } from '../targets/target.js';
import { compareText } from '../text/compare.js';

/** How many records are read at once. */
const READ_AT_ONCE = 16;

/** A record on a target; undefined content: it is not what its name says. */
export interface FoundRecord {
  readonly entry: TargetEntry;
  readonly record: ShipRecord | undefined;
}

/** Reads the records among the objects of a target, newest first. @throws what `read` throws */
export async function recordsAmong(
  entries: Iterable<TargetEntry>,
  read: (name: string) => Promise<Buffer | undefined>
): Promise<FoundRecord[]> {
  const found = [...entries].filter(({ name }) => isRecordName(name)).sort((a, b) => compareText(b.name, a.name));
  const records: FoundRecord[] = [];
  for (let start = 0; start < found.length; start += READ_AT_ONCE) {
    const next = found.slice(start, start + READ_AT_ONCE).map(async entry => {
      const content = await read(entry.name);
      return { entry, record: content && parseRecord(entry.name, content) };
    });
    records.push(...(await Promise.all(next)));
  }
  return records;
}

/** Names of the objects of an environment: its manifest, and its artifact in any format. */
export function objectsOfArtifact(id: string): string[] {
  return [manifestName(id), ...FORMATS.map(format => format.fileName(id))];
}

/** Names of the objects that a ship used, as its record says. */
export function objectsOf(record: ShipRecord): string[] {
  return [...objectsOfArtifact(record.artifact.id), ...namedIn(record)];
}

/** By name, when a ship last said that it uses the object: milliseconds by the target's clock. */
export function lastUses(records: readonly FoundRecord[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { entry, record } of records) {
    for (const name of record === undefined ? [] : objectsOf(record)) {
      uses.set(name, Math.max(uses.get(name) ?? 0, entry.modified.getTime()));
    }
  }
  return uses;
}
