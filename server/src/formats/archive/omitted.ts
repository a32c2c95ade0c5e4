import { WHEELS, compiledName } from '../../content/segments/names.js';
import type { LazySegment } from '../../content/segments/types.js';
import { entriesOf } from '../../content/segments/zip/records.js';
import { SCRIPTS, placeIn } from './places.js';

/** What decides about the places of a segment, besides the names of its files. */
type Claimant = Pick<LazySegment, 'wheel' | 'rank' | 'unlistedScripts'>;

/** The places that every archive has: the folder of the modules, and the files of the head (`taken`). */
interface Layout {
  readonly sitePackages: string;
  readonly taken: readonly string[];
}

/**
 * Finds the places that each segment must leave to another segment. Most segments depend only on the segments before
 * them, so their places are known early. When several files have one name, the file on the kernel's disk wins. The node
 * bootstrap of a PEX decides the same (ship_env_node/link.py).
 *
 * @param planned - in the order of the archive
 * @param directoryOf - the zip directory of a segment, which names its files; called with the index of the segment
 * @returns in the order of the archive; each rejects with what `directoryOf` rejects with
 */
export function omittedOf(
  planned: readonly Claimant[],
  directoryOf: (index: number) => Promise<Buffer>,
  layout: Layout
): Promise<ReadonlySet<string>>[] {
  const giver = new PlaceGiver(layout);
  // The sort is stable: when ranks are equal, the first segment wins.
  const inOrder = planned.map((claimant, index) => ({ claimant, index })).sort(byRank);
  const omitted: Promise<ReadonlySet<string>>[] = [];
  let before: Promise<unknown> = Promise.resolve();
  for (const { claimant, index } of inOrder) {
    const given = before.then(async () => giver.give(claimant, await directoryOf(index), 'listed'));
    before = omitted[index] = given;
  }
  // A generated script gives way to a script that a distribution lists, also to one of a later segment.
  for (const { claimant, index } of inOrder.filter(({ claimant: { unlistedScripts } }) => unlistedScripts.length > 0)) {
    const listed = omitted[index];
    const given = before.then(async () => {
      const unlisted = giver.give(claimant, await directoryOf(index), 'unlisted');
      return new Set([...((await listed) ?? []), ...unlisted]);
    });
    before = omitted[index] = given;
  }
  return omitted;
}

function byRank({ claimant: a }: { claimant: Claimant }, { claimant: b }: { claimant: Claimant }): number {
  return a.rank - b.rank;
}

/** Gives each place of an archive to one file. */
class PlaceGiver {
  readonly #sitePackages: string;
  readonly #places = new Places();

  constructor({ sitePackages, taken }: Layout) {
    this.#sitePackages = sitePackages;
    for (const place of taken) this.#places.take(place);
  }

  /**
   * Gives places to files of a segment: to the files that the distribution lists, or to the scripts that were generated.
   *
   * @returns the places that another segment has already
   */
  give({ wheel, unlistedScripts }: Claimant, directory: Buffer, which: 'listed' | 'unlisted'): Set<string> {
    const prefix = `${WHEELS}${wheel}/`;
    const scripts = new Set(unlistedScripts.map(name => placeIn(this.#sitePackages, SCRIPTS + name)));
    const omitted = new Set<string>();
    for (const { name } of entriesOf(directory)) {
      if (name === compiledName(wheel)) continue;
      const place = placeIn(this.#sitePackages, name.slice(prefix.length));
      if (place === undefined || scripts.has(place) !== (which === 'unlisted')) continue;
      if (!this.#places.take(place)) omitted.add(place);
    }
    return omitted;
  }
}

/** The places of an archive that have a file. */
class Places {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();

  /** @returns false when a file stands there or above, or a folder stands there */
  take(place: string): boolean {
    if (this.#files.has(place) || this.#folders.has(place)) return false;
    const folders: string[] = [];
    for (let end = place.lastIndexOf('/'); end > 0; end = place.lastIndexOf('/', end - 1)) {
      const folder = place.slice(0, end);
      // The folders above a known folder are known, too.
      if (this.#folders.has(folder)) break;
      if (this.#files.has(folder)) return false;
      folders.push(folder);
    }
    for (const folder of folders) this.#folders.add(folder);
    this.#files.add(place);
    return true;
  }
}
