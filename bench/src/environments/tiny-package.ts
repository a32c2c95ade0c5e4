/** The package of a few kilobytes that is added to an environment. */
import { generateWheel } from './generate.js';

/** Its import name. */
export const TINY = 'bench_tiny';

/**
 * @param folder - that gets the wheel
 * @param run - each run has a version of its own, which no target has yet
 * @returns path of the wheel
 */
export async function tinyWheel(folder: string, run: number): Promise<string> {
  const plan = { name: TINY, version: `${run + 1}.0`, files: 4, moduleBytes: 1500, libraryBytes: 0 };
  return generateWheel(folder, plan);
}
