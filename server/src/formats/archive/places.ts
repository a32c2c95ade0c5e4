import { posix } from 'node:path';
import { libraryOf } from '../../content/interpreter/base-python.js';
import { LAYOUT_NAME } from '../../content/segments/plan/segment-key.js';
import type { Interpreter } from '../../contract/snapshot.js';

const PREFIX = '.prefix/';
const DATA = `${PREFIX}data/`;
export const SCRIPTS = `${PREFIX}bin/`;

/** Path of the folder of the modules in an archive. */
export function sitePackagesOf(interpreter: Pick<Interpreter, 'minor' | 'abiTag'>): string {
  return `${libraryOf(interpreter)}/site-packages`;
}

/**
 * The place of a distribution's file in the environment; undefined for a file that only a PEX uses. The node bootstrap
 * of a PEX uses the same places (ship_env_node/link.py).
 *
 * @param name - path in the distribution's folder
 */
export function placeIn(sitePackages: string, name: string): string | undefined {
  if (name === LAYOUT_NAME) return undefined;
  if (!name.startsWith(PREFIX)) return `${sitePackages}/${name}`;
  const place = name.startsWith(DATA) ? name.slice(DATA.length) : name.slice(PREFIX.length);
  // In an archive `lib64` is a link to `lib`.
  return place.replace(/^lib64\//, 'lib/');
}

/** A place as RECORD names it. */
export function recordedAs(sitePackages: string, place: string): string {
  return posix.relative(sitePackages, place);
}

/** The place of a compiled module (PEP 3147). @param tag - `cpython-311` */
export function compiledPlace(place: string, tag: string): string {
  const { dir, name } = posix.parse(place);
  return `${dir}/__pycache__/${name}.${tag}.pyc`;
}
