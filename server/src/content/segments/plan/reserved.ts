import type { Distribution, Interpreter } from '../../../contract/snapshot.js';
import { ShipEnvError } from '../../../errors.js';
import { ROOT_MODULES } from '../../runtime-modules.js';

/** Modules that link.py puts beside the packages of an environment. A package of that name would hide the module. */
const MODULES = [...ROOT_MODULES, 'ship_env_start.py'].map(name => name.replace(/\.py$/, ''));

/** Names at the top of a distribution's folder, or of its site-packages, that the node or the pex tool writes. */
const TOP_LEVEL = new Set(['.ship-env', '.layout.json', 'zz_ship_env.pth']);

/** What an environment on a node has besides what distributions bring, relative to the environment's folder. */
const ENVIRONMENT = new Set(['.ship-env', 'pyvenv.cfg']);

const DATA = '.prefix/data/';
const SCRIPTS = '.prefix/bin/';

/**
 * Refuses a file that would stand where each node writes a file of its own: no executor could make the environment, or the
 * distribution's file would be ignored.
 *
 * @param name - where the file goes in the distribution's folder
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
    { hint: `Leave ${owner} at home (--exclude ${owner}), or install a version of it without this file.` }
  );
}

function isReserved(name: string, source: string, { minor }: Interpreter): boolean {
  // A `.prefix` in site-packages itself; scripts and data have another path on disk than in the distribution's folder.
  if (name.startsWith('.prefix/') && source.endsWith(`/${name}`)) return true;
  if (name.startsWith(SCRIPTS)) return ['python', 'python3', `python${minor}`].includes(name.slice(SCRIPTS.length));
  if (name.startsWith(DATA)) return ENVIRONMENT.has(topOf(name.slice(DATA.length)));
  const top = topOf(name);
  return TOP_LEVEL.has(top) || MODULES.includes(top.split('.')[0] ?? '');
}

function topOf(path: string): string {
  return path.split('/')[0] ?? '';
}
