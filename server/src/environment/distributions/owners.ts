import type { Candidate } from './candidate.js';

/**
 * Which distribution lists which file. To read the lists of all distributions takes long, so only the lists that are needed
 * are read.
 */
export class Owners {
  readonly #everyone: readonly Candidate[];
  /** Absolute paths of files that belong to a distribution without a list. */
  readonly #found = new Set<string>();
  #listed: Promise<ReadonlySet<string>> | undefined;

  /** @param everyone - all distributions, also those that another of the same name hides */
  constructor(everyone: readonly Candidate[]) {
    this.#everyone = everyone;
  }

  /** Whether a distribution lists the file with that absolute path, or was given it. */
  async has(absolute: string): Promise<boolean> {
    return this.#found.has(absolute) || (await this.#all()).has(absolute);
  }

  /** Registers the files that were found for a distribution without a list; absolute paths. */
  give(found: readonly string[]): void {
    for (const path of found) this.#found.add(path);
  }

  /** Names of the other distributions that list the file with that absolute path. */
  async othersThatList(absolute: string, { name }: Candidate): Promise<string[]> {
    const mayList = ({ listed, site }: Candidate): boolean =>
      listed?.topLevels.some(each => `${absolute}/`.startsWith(`${site.path}/${each}/`)) === true;
    const names: string[] = [];
    for (const other of this.#everyone.filter(each => each.name !== name && mayList(each))) {
      if ((await pathsOf(other)).includes(absolute)) names.push(other.name);
    }
    return names;
  }

  /** Top-level names in a site directory that belong to a distribution. */
  async topLevelsIn(site: string): Promise<Set<string>> {
    const start = `${site}/`;
    const own = this.#everyone.filter(candidate => candidate.site.path === site);
    // A distribution of a directory above this one may list files in it, as with `.egg` directories.
    const isInside = this.#everyone.some(
      ({ listed, site: { path } }) => listed !== undefined && path !== site && start.startsWith(`${path}/`)
    );
    const others = [...this.#found, ...(isInside ? await this.#all() : [])];
    return new Set([
      ...own.flatMap(({ listed }) => listed?.topLevels ?? []),
      ...others.filter(path => path.startsWith(start)).map(path => path.slice(start.length).split('/')[0] ?? '')
    ]);
  }

  async #all(): Promise<ReadonlySet<string>> {
    this.#listed ??= Promise.all(this.#everyone.map(pathsOf)).then(paths => new Set(paths.flat()));
    return this.#listed;
  }
}

/** Absolute paths of the files that a distribution lists. */
async function pathsOf({ site, fileList }: Candidate): Promise<string[]> {
  return (await fileList())?.entries.map(({ path }) => `${site.path}/${path}`) ?? [];
}
