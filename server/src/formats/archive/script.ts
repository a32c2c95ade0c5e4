const NEUTRAL = Buffer.from('#!python\n');

/** PEP 263: it holds in the first two lines only. */
const ENCODING_LINE = /^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)/;
const UTF8 = /^utf[-_]?8$/i;

/**
 * `sh` runs the second line and becomes the python beside the script, wherever both are; for Python the line is a text. A
 * link to the script is followed. This is how uv writes relocatable scripts.
 */
const EXEC = `'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"\n' '''\n`;

/**
 * A script of a segment, which begins with `#!python` when it is one in Python, with the python beside it for its
 * interpreter. Any other content stays as it is.
 */
export function relocatable(script: Buffer): Buffer {
  if (!script.subarray(0, NEUTRAL.length).equals(NEUTRAL)) return script;
  const rest = script.subarray(NEUTRAL.length);
  const lineEnd = rest.indexOf(10) + 1;
  const second = rest.toString('latin1', 0, lineEnd);
  const encoding = ENCODING_LINE.exec(second)?.[1];
  if (encoding === undefined || UTF8.test(encoding)) return Buffer.concat([Buffer.from(`#!/bin/sh\n${EXEC}`), rest]);
  return Buffer.concat([Buffer.from(`#!/bin/sh\n${second}${EXEC}`, 'latin1'), rest.subarray(lineEnd)]);
}
