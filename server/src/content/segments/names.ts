/** The folder of an artifact that holds the distributions, each in a folder that is called as its wheel is. */
export const WHEELS = '.deps/';

/** The folder for what a node's bootstrap reads: among the wheels, so that no tool takes it for code. No wheel is called so. */
export const OURS = `${WHEELS}.ship-env/`;

/** The entry that holds the compiled modules of a distribution, as one file. */
export function compiledName(wheel: string): string {
  return `${OURS}pyc/${wheel}`;
}
