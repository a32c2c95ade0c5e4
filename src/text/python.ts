/** Triple quotes come first, so that a docstring matches as one string. A comment ends with its line. */
const STRING_OR_COMMENT =
  /(?<prefix>\b[rbufRBUF]{1,2})?(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\[\s\S]|[^"\\\n])*(?:"|$|(?=\n))|'(?:\\[\s\S]|[^'\\\n])*(?:'|$|(?=\n)))|#[^\n]*/g;

/**
 * Python source without the content of strings and comments: each string becomes `''`, each comment is removed. The
 * result can be searched for code. Line numbers change.
 */
export function codeOnly(source: string): string {
  return source.replace(STRING_OR_COMMENT, match => (match.startsWith('#') ? '' : "''"));
}
