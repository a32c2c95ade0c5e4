/** One word of a POSIX shell ("2.2.2 Single-Quotes"): everything is literal up to the next single quote. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
