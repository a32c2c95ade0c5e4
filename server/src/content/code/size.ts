import prettyBytes from 'pretty-bytes';
import type { Finding } from '../../contract/snapshot.js';
import { compareText } from '../../text/compare.js';
import type { CodeFile } from './files.js';

/** Uncompressed bytes from which on code is large. */
const LARGE_BYTES = 50_000_000;
/** The most entries that Python's zipimport can read before 3.13, which does not know Zip64 (CPython gh-94146). */
const MAX_ENTRIES = 65_535;
const NAMED_FILES = 5;

/** Uncompressed bytes of all files. */
export function bytesOf(files: readonly CodeFile[]): number {
  return files.reduce((sum, file) => sum + file.identity.size, 0);
}

/** Whether code of this size should be reported to the person. */
export function isLargeCode(bytes: number): boolean {
  return bytes >= LARGE_BYTES;
}

/** Findings about a large code archive: 50 MB or more, or more files than older Pythons can list. */
export function sizeFindings(name: string, files: readonly CodeFile[]): Finding[] {
  const findings: Finding[] = [];
  const total = bytesOf(files);
  if (isLargeCode(total)) {
    const largest = [...files]
      .sort((a, b) => b.identity.size - a.identity.size || compareText(a.displayPath, b.displayPath))
      .slice(0, NAMED_FILES)
      .map(file => `${file.displayPath} (${prettyBytes(file.identity.size)})`);
    findings.push({
      kind: 'large-code-archive',
      subject: name,
      message:
        `The code of ${name} has ${prettyBytes(total)}, and all of it ships again after every change. ` +
        `Largest files: ${largest.join(', ')}. Leave out files that the executors do not need with .shipignore.`
    });
  }
  if (files.length > MAX_ENTRIES) {
    findings.push({
      kind: 'large-code-archive',
      subject: name,
      message:
        `The code of ${name} has ${files.length} files. Python before 3.13 imports from zips of at most ${MAX_ENTRIES}; ` +
        'leave some out with .shipignore.'
    });
  }
  return findings;
}
