/** The package of a few kilobytes that is added to an environment. */
import { generateWheel } from './generate.js';

/** The import name of the package. */
export const TINY = 'bench_tiny';

/**
 * @param folder - folder that gets the wheel
 * @param run - number of the run: each run has a new version, which no target has yet
 * @returns path of the wheel
 */
export async function tinyWheel(folder: string, run: number): Promise<string> {
  const plan = { name: TINY, version: `${run + 1}.0`, files: 4, moduleBytes: 1500, libraryBytes: 0 };
  return generateWheel(folder, plan);
}
