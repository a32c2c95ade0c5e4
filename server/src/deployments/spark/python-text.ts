/**
 * A Python string literal of this value, in double quotes. Python reads the escapes of JSON (quotes, backslashes,
 * control characters) as JSON does. The characters that JSON does not escape have no special meaning in a Python
 * string.
 */
export function pythonLiteral(value: string): string {
  return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
}

/** Text that is safe in a comment of one line: control characters and line separators become spaces. */
export function pythonComment(text: string): string {
  return `# ${text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}`;
}
