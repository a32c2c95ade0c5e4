/**
 * Characters that show as something else than they are: C0 and C1 controls and DEL, which a terminal obeys; what changes the
 * direction of the text around it (UAX #9); line and paragraph separators; halves of surrogate pairs.
 */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/**
 * A text in which every character can be seen, for a terminal or a page: names of files and packages may hold any. What
 * cannot be seen is written as JSON and Python write it: `\u001b`. One line stays one line.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/** {@link visible} for texts of several lines, as the last words of a program: each further line is indented. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visible).join('\n    ');
}

/** JSON of a value on one line, in which every character can be seen: still the same value. */
export function visibleJson(value: unknown): string {
  return visible(JSON.stringify(value));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
