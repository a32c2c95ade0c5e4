import prettyBytes from 'pretty-bytes';
import type { PexManifest } from '../../contract/manifest.js';
import type { Finding } from '../../contract/snapshot.js';
import { needsZip64End } from '../../content/segments/zip/records.js';

/**
 * Says that an artifact is one that Python cannot start as a zip before 3.13, whose zipimport is the first to read
 * zip64 (CPython gh-94146). Executors start it by its header, which does not mind.
 */
export function zip64Findings({ artifact, entries }: Pick<PexManifest, 'artifact' | 'entries'>): Finding[] {
  const { name, bytes } = artifact;
  // The central directory, whose place it is that counts, lies in the last bytes.
  if (!needsZip64End({ entries, offset: bytes, bytes: 0 })) return [];
  return [
    {
      kind: 'zip64-artifact',
      subject: name,
      message:
        `${name} has ${prettyBytes(bytes)} and ${entries} files, too much for a plain zip. Executors start it all the same; ` +
        `by hand start it as ./${name}, since "python ${name}" works from Python 3.13 on only.`
    }
  ];
}
