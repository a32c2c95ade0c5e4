/** Quotes a text as one word of a POSIX shell (2.2.2 "Single-Quotes": everything up to the next single quote is literal). */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
