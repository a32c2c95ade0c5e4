/** The form of comments: they are read in a hurry, often by people who read English as a second language. */

/**
 * A sentence that begins with "Of", at the start of a comment, behind another sentence, or behind a tag. Such a sentence
 * lacks its subject ("Of the bytes.") or is inverted ("Of several, the first wins.").
 */
const BEGINS_WITH_OF =
  /(?:^\s*(?:\/\*\*?|\*|\/\/|#|r?"""|)\s*|(?:\/\/|\/\*\*|[.!?:])\s+|@\w+(?: [\w.]+)?(?: -)? )Of [a-z`{]/;

/**
 * Finds sentences that begin with "Of".
 *
 * @param {string} text of a file in TypeScript, JavaScript or Python
 * @returns {{line: number, text: string}[]} lines, counted from 1
 */
export function sentencesWithOf(text) {
  return text
    .split('\n')
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
    .filter(({ text: line }) => BEGINS_WITH_OF.test(line));
}
