import { normalizeName } from '../python/names.js';

/** Executors get these from the cluster; shipping them would triple the artifact. */
const SPARK: ReadonlySet<string> = new Set(['py4j', 'pyspark']);

/** This package is installed beside the kernel for the magic. No executor needs it. */
const OWN = 'jupyterlab-ship-env';

/** What a person says about what ships. */
export interface StayHomeOptions {
  /** Distribution names, in any spelling. */
  readonly excludes: readonly string[];
  /** Ship pyspark and py4j too. */
  readonly includeSpark: boolean;
}

/**
 * Which distributions and editables never leave the person's machine. The only place that decides it.
 *
 * @returns a function of a normalized name
 */
export function stayHome({ excludes, includeSpark }: StayHomeOptions): (normalizedName: string) => boolean {
  const named = new Set(excludes.map(name => normalizeName(name.trim())));
  return name => name === OWN || named.has(name) || (!includeSpark && SPARK.has(name));
}

/** The distributions that an artifact holds. Editables are not among them: they travel as code archives. */
export function shippedDistributions<T extends Named>(
  { distributions, editables }: { readonly distributions: readonly T[]; readonly editables: readonly Named[] },
  options: StayHomeOptions
): T[] {
  const staysHome = stayHome(options);
  const editable = new Set(editables.map(({ normalizedName }) => normalizedName));
  return distributions.filter(({ normalizedName }) => !staysHome(normalizedName) && !editable.has(normalizedName));
}

interface Named {
  readonly normalizedName: string;
}
