import prettyBytes from 'pretty-bytes';
import type { Finding } from '../../contract/snapshot.js';
import { byCodeUnit, type CodeFile } from './files.js';

/** Uncompressed. */
const LARGE_BYTES = 50_000_000;
/** What Python's zipimport reads before 3.13: it knows no Zip64 (CPython gh-94146). */
const MAX_ENTRIES = 65_535;
const NAMED_FILES = 5;

/** Uncompressed bytes of all files. */
export function bytesOf(files: readonly CodeFile[]): number {
  return files.reduce((sum, file) => sum + file.identity.size, 0);
}

/** Is so much code worth a word to the person? */
export function isLarge(bytes: number): boolean {
  return bytes >= LARGE_BYTES;
}

/** The finding about a code archive that is large, if it is: 50 MB or more files than older Pythons can list. */
export function sizeFindings(name: string, files: readonly CodeFile[]): Finding[] {
  const findings: Finding[] = [];
  const total = bytesOf(files);
  if (isLarge(total)) {
    const largest = [...files]
      .sort((a, b) => b.identity.size - a.identity.size || byCodeUnit(a.displayPath, b.displayPath))
      .slice(0, NAMED_FILES)
      .map(file => `${file.displayPath} (${prettyBytes(file.identity.size)})`);
    findings.push({
      kind: 'large-code-archive',
      subject: name,
      message:
        `The code of ${name} is ${prettyBytes(total)}, which travels whole with every change. ` +
        `Largest files: ${largest.join(', ')}. What the executors do not need can be left out with .shipignore.`
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
