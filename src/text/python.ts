/** Three quotes before one, so that a docstring is one string; a comment ends with its line. */
const STRING_OR_COMMENT =
  /(?<prefix>\b[rbufRBUF]{1,2})?(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\[\s\S]|[^"\\\n])*(?:"|$|(?=\n))|'(?:\\[\s\S]|[^'\\\n])*(?:'|$|(?=\n)))|#[^\n]*/g;

/**
 * Python source without what its strings and comments say: each string becomes `''`, each comment nothing.
 * What is left can be searched for code. Line numbers are not kept.
 */
export function codeOnly(source: string): string {
  return source.replace(STRING_OR_COMMENT, match => (match.startsWith('#') ? '' : "''"));
}
