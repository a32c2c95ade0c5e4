import { shown } from '../text/shown.js';

/** A manifest says something else than it must. */
export interface Difference {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

/** So many characters of a foreign value are repeated. */
const MOST_SHOWN = 80;

/** Two values that must be equal; undefined when they are. */
export function difference(what: string, wanted: string | number, found: string | number): Difference | undefined {
  return wanted === found ? undefined : { what, wanted: told(wanted), found: told(found) };
}

/** A foreign value as a message repeats it. */
export function told(value: string | number): string {
  return shown(String(value), MOST_SHOWN) || 'nothing';
}

/** The first that is one. */
export function firstDifference(differences: Iterable<Difference | undefined>): Difference | undefined {
  for (const each of differences) if (each !== undefined) return each;
  return undefined;
}
