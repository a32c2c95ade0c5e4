import prettyBytes from 'pretty-bytes';
import type { PexManifest } from '../../contract/manifest.js';
import type { Finding } from '../../contract/snapshot.js';
import { needsZip64End } from '../../content/segments/zip/records.js';

/**
 * The finding about an artifact that needs zip64. Python can start such a zip only from 3.13 on, because the zipimport of older
 * versions does not read zip64 (CPython gh-94146). Executors start the artifact by its `sh` header, which always works.
 */
export function zip64Findings({ artifact, entries }: Pick<PexManifest, 'artifact' | 'entries'>): Finding[] {
  const { name, bytes } = artifact;
  // The position of the central directory decides, and the directory is at the end of the file.
  if (!needsZip64End({ entries, offset: bytes, bytes: 0 })) return [];
  return [
    {
      kind: 'zip64-artifact',
      subject: name,
      message:
        `${name} has ${prettyBytes(bytes)} and ${entries} files, too much for a plain zip. Executors can start it. ` +
        `By hand, start it as ./${name}: "python ${name}" works only with Python 3.13 or later.`
    }
  ];
}
