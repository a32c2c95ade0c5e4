const NEUTRAL = Buffer.from('#!python\n');

/** Python looks for it in the first two lines only (PEP 263). */
const ENCODING_LINE = /^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)/;
const UTF8 = /^utf[-_]?8$/i;

/**
 * For `sh` this line is a command: it starts the python that lies beside the script, also when the script was called by
 * a link. For Python the line is a string. uv writes relocatable scripts in the same way.
 */
const EXEC = `'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"\n' '''\n`;

/**
 * Makes a Python script of a segment start the python that lies beside it. Such a script begins with `#!python`; any
 * other content is returned unchanged.
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
