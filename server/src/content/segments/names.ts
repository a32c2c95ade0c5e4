/** The folder of an artifact that contains the distributions, each in a folder with the name of its wheel. */
export const WHEELS = '.deps/';

/** The folder for the files of the node bootstrap. It is among the wheels, so that no tool takes it for code. */
export const BOOTSTRAP_FILES = `${WHEELS}.ship-env/`;

/** The entry with the compiled modules of a distribution, as one file. */
export function compiledName(wheel: string): string {
  return `${BOOTSTRAP_FILES}pyc/${wheel}`;
}
