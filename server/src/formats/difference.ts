import { shown } from '../text/shown.js';

/** A value in a manifest that differs from the expected one. */
export interface Difference {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

/** The most characters of a foreign value that a message shows. */
const MOST_SHOWN = 80;

/** Compares two values that must be equal; undefined when they are equal. */
export function difference(what: string, wanted: string | number, found: string | number): Difference | undefined {
  return wanted === found ? undefined : { what, wanted: shownValue(wanted), found: shownValue(found) };
}

/** A foreign value as a message shows it. */
export function shownValue(value: string | number): string {
  return shown(String(value), MOST_SHOWN) || 'nothing';
}

/** The first of these that is a difference; undefined when none is. */
export function firstDifference(differences: Iterable<Difference | undefined>): Difference | undefined {
  for (const each of differences) if (each !== undefined) return each;
  return undefined;
}
