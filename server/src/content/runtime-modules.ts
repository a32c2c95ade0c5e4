import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ShipEnvError, hasCode } from '../errors.js';

/** A Python module of ours that is part of artifacts. */
export interface OwnModule {
  /** Path of the file, relative to an entry of `sys.path`: `ship_env_runtime.py`, `jupyterlab_ship_env/errors.py`. */
  readonly name: string;
  readonly source: Buffer;
}

/**
 * The part of our Python API that a job needs: it starts a session with the environment that it runs itself. The rest of
 * the package stays home.
 */
const JOB_PACKAGE = [
  '__init__',
  'api/__init__',
  'api/builder',
  'api/command',
  'api/current',
  'api/environment',
  'errors',
  'visible'
].map(module => `jupyterlab_ship_env/${module}.py`);

/**
 * Our modules that every artifact makes importable, sorted; a package has its path. Executors import them, and run the
 * runtime with `-m`.
 */
export const ROOT_MODULES = [...JOB_PACKAGE, 'ship_env_code.py', 'ship_env_finder.py', 'ship_env_runtime.py'];

// In the wheel the modules of the runtime lie beside the bundle, and the package is around it; the tests run the sources.
const FOLDERS = [
  './',
  '../runtime/',
  '../../jupyterlab_ship_env/runtime/',
  '../../../jupyterlab_ship_env/runtime/',
  '../../',
  '../../../'
];

/**
 * Reads modules of ours.
 *
 * @param folder - the folder that contains them; by default they are beside the bundle
 * @throws ShipEnvError INTERNAL when one is missing
 */
export function loadModules(names: readonly string[], folder?: string): Promise<OwnModule[]> {
  return Promise.all(
    names.map(async name => ({
      name,
      source: await readReleased(
        `the module ${name}`,
        folder === undefined ? undefined : join(folder, name),
        FOLDERS.map(place => new URL(place + name, import.meta.url))
      )
    }))
  );
}

/**
 * Reads a file that is part of this release.
 *
 * @param given - the path of the file, when the person gave one
 * @param places - otherwise, the possible locations of the file
 * @throws ShipEnvError INTERNAL when the file is not found
 */
export async function readReleased(what: string, given: string | undefined, places: readonly URL[]): Promise<Buffer> {
  const paths = given ? [given] : places.map(place => fileURLToPath(place));
  for (const path of paths) {
    try {
      return await readFile(path);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  throw new ShipEnvError('INTERNAL', `Could not find ${what}. Looked for ${paths.join(', ')}.`, {
    hint: 'Install jupyterlab-ship-env again; in a clone, run `npm run build`.'
  });
}
