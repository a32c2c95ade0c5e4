import { decodeText } from './metadata.js';

/** The content of a `.pth` file. Nothing of it is executed. */
export interface PthContent {
  /** Path lines as they are in the file, possibly relative to the site directory. */
  readonly paths: string[];
  /** The first module of each `import` line: `import __editable___foo_finder; …` → `__editable___foo_finder`. */
  readonly imports: string[];
}

/** The characters that `str.rstrip` removes. JavaScript's `trimEnd` removes others. */
const SPACE_AT_END = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/u;

/** Reads a `.pth` file as `site.addpackage` does: it skips comments and blank lines and separates `import` lines from paths. */
export function parsePth(bytes: Buffer): PthContent {
  const paths: string[] = [];
  const imports: string[] = [];
  for (const raw of decodeText(bytes).split(/\r\n|\n|\r/)) {
    if (raw.startsWith('#')) continue;
    if (!/^import[ \t]/.test(raw)) {
      const line = raw.replace(SPACE_AT_END, '');
      if (line !== '') paths.push(line);
      continue;
    }
    const module = /^import[ \t]+([\p{ID_Continue}.]+)/u.exec(raw)?.[1];
    if (module !== undefined) imports.push(module);
  }
  return { paths, imports };
}
