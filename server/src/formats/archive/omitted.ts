import { WHEELS, compiledName } from '../../content/segments/names.js';
import type { Segment } from '../../content/segments/segment-index.js';
import type { LazySegment } from '../../content/segments/types.js';
import { entriesOf } from '../../content/segments/zip/records.js';
import { placeIn } from './places.js';

/** A segment with its names. */
export interface NamedSegment {
  readonly planned: Pick<LazySegment, 'wheel' | 'rank' | 'unlistedScripts'>;
  readonly segment: Pick<Segment, 'directory'>;
}

/** A place that a distribution has a file for. */
interface Claim {
  readonly index: number;
  readonly place: string;
}

/**
 * The places that each segment must leave to another one, in the order of the segments. Of one name the file wins that is
 * on the kernel's disk: the node bootstrap of a PEX decides the same (ship_env_node/link.py).
 *
 * @param taken - places of what every archive has
 */
export function omittedOf(
  segments: readonly NamedSegment[],
  { sitePackages, taken }: { sitePackages: string; taken: readonly string[] }
): Set<string>[] {
  const places = new Places();
  for (const place of taken) places.take(place);
  const omitted = segments.map(() => new Set<string>());
  const listed: Claim[] = [];
  const unlisted: Claim[] = [];
  // Stable: of equal rank the first one wins.
  const inOrder = segments.map((named, index) => ({ ...named, index })).sort((a, b) => a.planned.rank - b.planned.rank);
  for (const { planned, segment, index } of inOrder) {
    const prefix = `${WHEELS}${planned.wheel}/`;
    const scripts = new Set(planned.unlistedScripts.map(name => placeIn(sitePackages, `.prefix/bin/${name}`)));
    for (const { name } of entriesOf(segment.directory)) {
      if (name === compiledName(planned.wheel)) continue;
      const place = placeIn(sitePackages, name.slice(prefix.length));
      if (place !== undefined) (scripts.has(place) ? unlisted : listed).push({ index, place });
    }
  }
  for (const { index, place } of [...listed, ...unlisted]) if (!places.take(place)) omitted[index]?.add(place);
  return omitted;
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
      // What is above is known, too.
      if (this.#folders.has(folder)) break;
      if (this.#files.has(folder)) return false;
      folders.push(folder);
    }
    for (const folder of folders) this.#folders.add(folder);
    this.#files.add(place);
    return true;
  }
}
