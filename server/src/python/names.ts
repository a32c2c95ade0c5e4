/** PEP 503: runs of `-`, `_` and `.` become one `-`, lower case. */
export function normalizeName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** May this be a top-level name that `import` accepts? */
export function isIdentifier(name: string): boolean {
  return /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name);
}

/** The suffixes of compiled extension modules; such a file runs on one platform only. */
export function isCompiledExtension(path: string): boolean {
  return /\.(?:so|pyd|dylib)$/.test(path);
}

/**
 * Order of two versions: numbers compare as numbers, the rest as text. Enough to choose between two leftovers in one
 * directory, the same way everywhere; not PEP 440.
 */
export function compareVersions(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}
