import { decodeText } from './metadata.js';

/** What a `.pth` file says, none of it executed. */
export interface PthContent {
  /** Path lines as they stand, possibly relative to the site directory. */
  readonly paths: string[];
  /** Modules that its `import` lines name first: `import __editable___foo_finder; …` → `__editable___foo_finder`. */
  readonly imports: string[];
}

/** Reads a `.pth` file as `site.addpackage` does: comments and blank lines skipped, `import` lines told from paths. */
export function parsePth(bytes: Buffer): PthContent {
  const paths: string[] = [];
  const imports: string[] = [];
  for (const raw of decodeText(bytes).split(/\r\n|\n|\r/)) {
    const line = raw.trimEnd();
    if (line === '' || line.startsWith('#')) continue;
    if (!/^import[ \t]/.test(line)) {
      paths.push(line);
      continue;
    }
    const module = /^import[ \t]+([\p{ID_Continue}.]+)/u.exec(line)?.[1];
    if (module !== undefined) imports.push(module);
  }
  return { paths, imports };
}
