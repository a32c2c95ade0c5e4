/**
 * Separate folders for the files of JupyterLab and ship-env in the demo and the lab, so that the person's own files are
 * not changed.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Name of the target in the settings. */
export const TARGET = 'demo';

/**
 * The environment variables for a JupyterLab or a ship with its settings, cache and target in a folder. Existing
 * settings are kept.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} folder
 * @param {string} jupyterPath folder with the kernelspec
 * @returns {NodeJS.ProcessEnv}
 */
export function ownEnvironment(env, folder, jupyterPath) {
  const config = join(folder, 'config');
  const settings = join(config, 'lab', 'user-settings', 'jupyterlab-ship-env');
  const file = join(settings, 'plugin.jupyterlab-settings');
  const target = join(folder, 'target');
  [settings, target].forEach(path => mkdirSync(path, { recursive: true }));
  if (!existsSync(file)) {
    const targets = [{ name: TARGET, url: pathToFileURL(target).href }];
    writeFileSync(file, JSON.stringify({ defaultTarget: TARGET, targets }));
  }
  return {
    ...env,
    JUPYTER_PATH: jupyterPath,
    JUPYTER_CONFIG_DIR: config,
    JUPYTER_DATA_DIR: join(folder, 'data'),
    JUPYTER_RUNTIME_DIR: join(folder, 'runtime'),
    IPYTHONDIR: join(folder, 'ipython'),
    SHIP_ENV_CACHE: join(folder, 'cache')
  };
}
