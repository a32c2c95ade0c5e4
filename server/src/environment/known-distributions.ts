import { join } from 'node:path';
import type { Distribution, Finding } from '../contract/snapshot.js';
import { type Candidate, type Metadata, candidateOf, readCandidate } from './distributions/candidate.js';
import type { SiteDirectory } from './interpreter/interpreter.js';
import { type KeptLooks, Looks, currentLooks, noteLooks, packed } from '../memo/looks.js';

/** What was found of a distribution's files. */
export interface Identified {
  /** Names what it holds: the same name, the same distribution. */
  readonly state: string;
  /** None of its files is a compiled extension. */
  readonly isPure: boolean;
  /** But for the patched files: what is said of those depends on the other distributions, too. */
  readonly findings: readonly Finding[];
  /** Files that stop a ship unless they are allowed. */
  readonly suspects: Distribution['suspects'];
  /** Files that are not what was installed: the first few, and how many more there are. */
  readonly patched: { readonly paths: readonly string[]; readonly more: number };
}

/** What is known of one distribution, and what this stands on: while those looks give the same, it holds. */
export interface KnownDistribution {
  readonly metadata: Metadata;
  /** Undefined of one that does not count: another one has its name, or it is an editable. */
  readonly identified: Identified | undefined;
  readonly looks: KeptLooks;
}

/**
 * The distributions of a snapshot under way, each with looks of its own, so that after a change of one the others need not
 * be looked into again.
 */
export class KnownDistributions {
  readonly #known: ReadonlyMap<string, KnownDistribution>;
  readonly #parts = new Map<Candidate, KnownDistribution>();

  /** @param unchanged - those of an earlier snapshot of which nothing changed */
  constructor(unchanged: readonly KnownDistribution[] = []) {
    const reusable = unchanged.filter(isIndependent);
    this.#known = new Map(reusable.map(each => [pathOf(each.metadata.site, each.metadata.metadataName), each]));
  }

  /** As {@link readCandidate}; of one that is known no file is read. */
  readonly readCandidate = async (site: SiteDirectory, metadataName: string): Promise<Candidate | undefined> => {
    const known = this.#known.get(pathOf(site, metadataName));
    const looks = new Looks();
    const candidate =
      known === undefined
        ? await noteLooks(looks, () => readCandidate(site, metadataName))
        : candidateOf(known.metadata);
    if (candidate === undefined) currentLooks()?.add(looks);
    else this.#parts.set(candidate, known ?? { metadata: metadataOf(candidate), identified: undefined, looks });
    return candidate;
  };

  /** Those that count: of the others it does not matter what their files are. */
  choose(chosen: readonly Candidate[]): void {
    const counting = new Set(chosen);
    for (const [candidate, { metadata: known, looks }] of this.#parts) {
      if (!counting.has(candidate)) this.#parts.set(candidate, { metadata: known, identified: undefined, looks });
    }
  }

  /** What is known of the files of a distribution. */
  identified(candidate: Candidate): Identified | undefined {
    return this.#parts.get(candidate)?.identified;
  }

  /** Where to note the looks at the files of a distribution, behind those at its metadata. */
  startLooks(candidate: Candidate): Looks {
    const looks = new Looks();
    const { metadata: known, looks: before } = this.#of(candidate);
    looks.add(before);
    this.#parts.set(candidate, { metadata: known, identified: undefined, looks });
    return looks;
  }

  /** Remembers what was found of the files of a distribution, and all looks that it stands on. */
  set(candidate: Candidate, found: Identified, looks: Looks): void {
    this.#parts.set(candidate, { ...this.#of(candidate), identified: found, looks: packed(looks) });
  }

  /**
   * All of them, to be kept. What a distribution without a list of files holds depends on the others, so its looks become
   * those of the whole environment.
   */
  all(): KnownDistribution[] {
    return [...this.#parts.values()].map(each => {
      if (isIndependent(each)) return each;
      currentLooks()?.add(each.looks);
      return { ...each, looks: new Looks() };
    });
  }

  #of(candidate: Candidate): KnownDistribution {
    const found = this.#parts.get(candidate);
    if (found === undefined) throw new Error(`${candidate.metadataName} was not read as a part of this snapshot.`);
    return found;
  }
}

/** Does it stand on its own looks alone? */
function isIndependent({ metadata: { listed } }: KnownDistribution): boolean {
  return listed !== undefined;
}

/** Of one path there may be another layer or prefix, when another `.pth` file or setting leads to it. */
function pathOf({ path, layer, prefix }: SiteDirectory, metadataName: string): string {
  return [layer, prefix, join(path, metadataName)].join('\0');
}

function metadataOf({ fileList: _, ...known }: Candidate): Metadata {
  return known;
}
