/**
 * Characters that are invisible or change how other text looks: C0 and C1 controls and DEL, which a terminal obeys;
 * characters that change the direction of text (UAX #9); line and paragraph separators; halves of surrogate pairs.
 */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/**
 * Makes every character of a text visible, for a terminal or a page: names of files and packages may contain any character.
 * Hidden characters are written as JSON and Python write them: `\u001b`. One line stays one line.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/** {@link visible} for texts of several lines, such as the output of a program. Lines after the first are indented. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visible).join('\n    ');
}

/** JSON of a value on one line in which every character is visible. It parses to the same value. */
export function visibleJson(value: unknown): string {
  return visible(JSON.stringify(value));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
