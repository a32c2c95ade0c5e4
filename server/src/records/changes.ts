import type { Manifest } from '../contract/manifest.js';
import type { ShipChanges, ShipRecord } from '../contract/ship-record.js';
import { compareText } from '../text/compare.js';

type Distributions = Pick<ShipChanges, 'added' | 'removed' | 'changed'>;

/** What the distributions of one manifest differ in from those of the one before. Pure; sorted by name. */
export function distributionChanges(
  before: Pick<Manifest, 'segments'>,
  now: Pick<Manifest, 'segments'>
): Distributions {
  const [old, fresh] = [byName(before), byName(now)];
  const changes: Distributions = { added: [], removed: [], changed: [] };
  for (const name of [...new Set([...old.keys(), ...fresh.keys()])].sort(compareText)) {
    const [from, to] = [old.get(name), fresh.get(name)];
    if (from === undefined && to !== undefined) changes.added.push({ name, version: to.version });
    else if (to === undefined && from !== undefined) changes.removed.push({ name, version: from.version });
    else if (from !== undefined && to !== undefined && from.keys !== to.keys) {
      changes.changed.push({ name, from: from.version, to: to.version });
    }
  }
  return changes;
}

/** Names of the editables whose code archives differ. Pure; sorted. */
export function codeChanges(before: ShipRecord['code'], now: ShipRecord['code']): string[] {
  const fileOf = (code: ShipRecord['code']): Map<string, string> => new Map(code.map(({ name, file }) => [name, file]));
  const [old, fresh] = [fileOf(before), fileOf(now)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter(name => old.get(name) !== fresh.get(name))
    .sort(compareText);
}

/** By name, the version and the content. */
function byName({ segments }: Pick<Manifest, 'segments'>): Map<string, { version: string; keys: string }> {
  const found = new Map<string, { version: string; keys: string }>();
  for (const { name, version, key } of segments) {
    const before = found.get(name);
    found.set(name, { version, keys: [before?.keys ?? '', key].join(' ') });
  }
  return found;
}
