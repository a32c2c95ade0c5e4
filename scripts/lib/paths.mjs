import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** All folders that the scripts read or write. All are inside the checkout. */
export const paths = {
  root,
  venv: join(root, '.venv'),
  requirements: join(root, 'requirements'),
  nodeModules: join(root, 'node_modules'),
  dist: join(root, 'dist'),
  /** Files that are costly to make and can be made again. `npm run clean` keeps it; deleting it is always safe. */
  cache: join(root, '.cache'),
  /** Programs fetched or built by the set-up: `node`, `npm`, `versitygw`. */
  bin: join(root, '.cache', 'bin'),
  reports: join(root, '.cache', 'reports'),
  /** The working folder of `npm run mutation`, with what its last run found. */
  mutation: join(root, '.cache', 'mutation'),
  pythonPackage: join(root, 'jupyterlab_ship_env'),
  sidecar: join(root, 'jupyterlab_ship_env', 'sidecar'),
  labextension: join(root, 'jupyterlab_ship_env', 'labextension'),
  examples: join(root, 'examples')
};

/**
 * @param {string} venv directory of a virtual environment
 * @returns {string} its interpreter
 */
export function pythonOf(venv) {
  return join(venv, 'bin', 'python');
}

/**
 * @param {string} venv directory of a virtual environment
 * @returns {string} its site-packages
 */
export function sitePackages(venv) {
  const library = join(venv, 'lib');
  const versions = existsSync(library) ? readdirSync(library).filter(name => name.startsWith('python')) : [];
  return join(library, versions.sort()[0] ?? 'python3', 'site-packages');
}
