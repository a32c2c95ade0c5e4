import { normalizeName } from '../python/names.js';

/** Executors get these from the cluster; shipping them would triple the artifact. */
const SPARK: ReadonlySet<string> = new Set(['py4j', 'pyspark', 'pyspark-client', 'pyspark-connect']);

/** This package is installed beside the kernel for the magic. No executor needs it. */
const OWN = 'jupyterlab-ship-env';

/** The person's decisions about which distributions ship. */
export interface StayHomeOptions {
  /** Distribution names, in any spelling. */
  readonly excludes: readonly string[];
  /** Ship pyspark and py4j too. */
  readonly includeSpark: boolean;
}

/**
 * Decides which distributions and editables stay on the person's machine. No other code decides this.
 *
 * @returns a function that says of a normalized name whether it stays home
 */
export function stayHome({ excludes, includeSpark }: StayHomeOptions): (normalizedName: string) => boolean {
  const named = new Set(excludes.map(name => normalizeName(name.trim())));
  return name => name === OWN || named.has(name) || (!includeSpark && SPARK.has(name));
}

/** The distributions that an artifact contains. Editables are not among them, because they ship as code archives. */
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
