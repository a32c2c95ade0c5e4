import { join } from 'node:path';
import type { Distribution, Finding } from '../contract/snapshot.js';
import { type Candidate, type Metadata, candidateOf, readCandidate } from './distributions/candidate.js';
import type { SiteDirectory } from './interpreter/interpreter.js';
import { type KeptLooks, Looks, currentLooks, noteLooks, packed } from '../memo/looks.js';

/** The result of identifying a distribution's files. */
export interface Identified {
  /** Names the content: the same name means the same distribution. */
  readonly state: string;
  /** None of its files is a compiled extension. */
  readonly isPure: boolean;
  /** All findings except those about patched files, which depend on other distributions, too. */
  readonly findings: readonly Finding[];
  /** Files that stop a ship unless they are allowed. */
  readonly suspects: Distribution['suspects'];
  /** Files that differ from what was installed: the first few, and the number of the others. */
  readonly patched: { readonly paths: readonly string[]; readonly more: number };
}

/** What is known about one distribution. It is valid as long as its looks have the same answers. */
export interface KnownDistribution {
  readonly metadata: Metadata;
  /** Undefined when the distribution does not count: another one hides it, or it is an editable. */
  readonly identified: Identified | undefined;
  readonly looks: KeptLooks;
}

/**
 * The distributions of a snapshot that is being taken. Each has looks of its own, so that a change of one distribution does
 * not require to read the others again.
 */
export class KnownDistributions {
  readonly #known: ReadonlyMap<string, KnownDistribution>;
  readonly #current = new Map<Candidate, KnownDistribution>();

  /** @param unchanged - the distributions of an earlier snapshot whose looks have the same answers */
  constructor(unchanged: readonly KnownDistribution[] = []) {
    const reusable = unchanged.filter(isIndependent);
    this.#known = new Map(reusable.map(each => [pathOf(each.metadata.site, each.metadata.metadataName), each]));
  }

  /** Like {@link readCandidate}, but reads no file of a known distribution. */
  readonly readCandidate = async (site: SiteDirectory, metadataName: string): Promise<Candidate | undefined> => {
    const known = this.#known.get(pathOf(site, metadataName));
    const looks = new Looks();
    const candidate =
      known === undefined
        ? await noteLooks(looks, () => readCandidate(site, metadataName))
        : candidateOf(known.metadata);
    if (candidate === undefined) currentLooks()?.add(looks);
    else this.#current.set(candidate, known ?? { metadata: metadataOf(candidate), identified: undefined, looks });
    return candidate;
  };

  /** Says which distributions count. The files of the others do not matter. */
  choose(chosen: readonly Candidate[]): void {
    const counting = new Set(chosen);
    for (const [candidate, { metadata: known, looks }] of this.#current) {
      if (!counting.has(candidate)) this.#current.set(candidate, { metadata: known, identified: undefined, looks });
    }
  }

  /** What is known about the files of a distribution. */
  identified(candidate: Candidate): Identified | undefined {
    return this.#current.get(candidate)?.identified;
  }

  /** New looks for the files of a distribution; they begin with those at its metadata. */
  startLooks(candidate: Candidate): Looks {
    const looks = new Looks();
    const { metadata: known, looks: before } = this.#of(candidate);
    looks.add(before);
    this.#current.set(candidate, { metadata: known, identified: undefined, looks });
    return looks;
  }

  /** Stores what was found about the files of a distribution, and all looks that it depends on. */
  set(candidate: Candidate, found: Identified, looks: Looks): void {
    this.#current.set(candidate, { ...this.#of(candidate), identified: found, looks: packed(looks) });
  }

  /**
   * All distributions, to be stored. A distribution without a list of files depends on the others, so its looks become looks
   * of the whole environment.
   */
  all(): KnownDistribution[] {
    return [...this.#current.values()].map(each => {
      if (isIndependent(each)) return each;
      currentLooks()?.add(each.looks);
      return { ...each, looks: new Looks() };
    });
  }

  #of(candidate: Candidate): KnownDistribution {
    const found = this.#current.get(candidate);
    if (found === undefined) throw new Error(`${candidate.metadataName} was not read as a part of this snapshot.`);
    return found;
  }
}

/** Whether a distribution depends on its own looks only. */
function isIndependent({ metadata: { listed } }: KnownDistribution): boolean {
  return listed !== undefined;
}

/** The key of a metadata folder. It contains layer and prefix, because another `.pth` file or setting can change them. */
function pathOf({ path, layer, prefix }: SiteDirectory, metadataName: string): string {
  return [layer, prefix, join(path, metadataName)].join('\0');
}

function metadataOf({ fileList: _, ...known }: Candidate): Metadata {
  return known;
}
