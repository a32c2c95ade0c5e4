/**
 * A Python string literal of this value, in double quotes. What JSON escapes (quotes, backslashes, control characters)
 * Python reads alike; the characters that JSON leaves alone mean nothing inside a Python string.
 */
export function pythonLiteral(value: string): string {
  return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
}

/** Text that stays on its line of comment: control characters and line separators become spaces. */
export function pythonComment(text: string): string {
  return `# ${text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}`;
}
