/** The normal form of PEP 503: each run of `-`, `_` and `.` becomes one `-`, in lower case. */
export function normalizeName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** Whether `import` accepts this as a top-level name. */
export function isIdentifier(name: string): boolean {
  return /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name);
}

/** Whether this is a compiled extension module, which runs on one platform only. */
export function isCompiledExtension(path: string): boolean {
  return /\.(?:so|pyd|dylib)$/.test(path);
}

/**
 * Compares two versions: numbers as numbers, the rest as text. This is not the order of PEP 440, but it is enough to choose
 * between two leftovers in one directory, with the same result on every machine.
 */
export function compareVersions(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}
