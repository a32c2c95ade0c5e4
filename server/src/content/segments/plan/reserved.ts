import type { Distribution, Interpreter } from '../../../contract/snapshot.js';
import { ShipEnvError } from '../../../errors.js';
import { ROOT_MODULES } from '../../runtime-modules.js';

/** Modules that link.py puts beside the packages of an environment. A package with such a name would hide the module. */
const MODULES = [...ROOT_MODULES, 'ship_env_start.py'].map(name => topOf(name).replace(/\.py$/, ''));

/** Top-level names in a distribution's folder, or in site-packages, that the node or the pex tool writes. */
const TOP_LEVEL = new Set(['.ship-env', '.layout.json', 'zz_ship_env.pth']);

/** Files of an environment on a node that belong to no distribution, relative to the environment's folder. */
const ENVIRONMENT = new Set(['.ship-env', 'pyvenv.cfg']);

const DATA = '.prefix/data/';
const SCRIPTS = '.prefix/bin/';

/**
 * Refuses a file in a place where each node writes a file of its own. With such a file no executor could make the
 * environment, or the distribution's file would be ignored.
 *
 * @param name - path of the file in the distribution's folder
 * @param source - absolute path of the file
 * @throws ShipEnvError ARTIFACT_NAME_RESERVED
 */
export function refuseReservedName(
  { name: owner, version }: Distribution,
  interpreter: Interpreter,
  { name, source }: { readonly name: string; readonly source: string }
): void {
  if (!isReserved(name, source, interpreter)) return;
  throw new ShipEnvError(
    'ARTIFACT_NAME_RESERVED',
    `${owner} ${version} has the file ${source}. An environment on a node has a file of its own in this place.`,
    { hint: `Exclude ${owner} (--exclude ${owner}), or install a version of it without this file.` }
  );
}

function isReserved(name: string, source: string, { minor }: Interpreter): boolean {
  // This is a folder `.prefix` in site-packages. Scripts and data have another path on disk than in the distribution's folder.
  if (name.startsWith('.prefix/') && source.endsWith(`/${name}`)) return true;
  if (name.startsWith(SCRIPTS)) return ['python', 'python3', `python${minor}`].includes(name.slice(SCRIPTS.length));
  if (name.startsWith(DATA)) return ENVIRONMENT.has(topOf(name.slice(DATA.length)));
  const top = topOf(name);
  return TOP_LEVEL.has(top) || MODULES.includes(top.split('.')[0] ?? '');
}

function topOf(path: string): string {
  return path.split('/')[0] ?? '';
}
