import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { loadModules } from '../content/runtime-modules.js';
import type { Cache } from '../system/cache/cache.js';

/**
 * The script that runs a module as the program of a job (ship_env_launch.py), in the local cache: spark-submit takes only a
 * script. In the mode `cluster`, spark-submit sends the script to the driver.
 *
 * @returns its path, whose end is `.py`
 * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL
 */
export async function launcherIn(cache: Cache, signal: AbortSignal): Promise<string> {
  const [module] = await loadModules(['ship_env_launch.py']);
  if (module === undefined) throw new Error('The script has no content.');
  const digest = createHash('sha256').update(module.source).digest('hex').slice(0, 16);
  const write = (path: string): Promise<void> => writeFile(path, module.source, { mode: 0o644 });
  return (await cache.entry('launchers', `ship_env_launch_${digest}.py`, write, signal)).path;
}
