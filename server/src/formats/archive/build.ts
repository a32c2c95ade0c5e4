import { ArtifactFromSegments } from '../build.js';
import type { ArtifactBuild, BuildOptions } from '../format.js';
import { pythonOf } from '../python-facts.js';
import { ArchivedSegments, type ArchivedOptions } from './archived-segments.js';
import { MEMBER_HEADER, memberTrailer, storedBlocks } from './gzip.js';
import { sitePackagesOf } from './places.js';
import type { ArchivePlan } from './plan.js';
import { END_BYTES } from './tar.js';
import { crc32 } from '../../payloads/crc32.js';

/** Begins to build an archive. */
export function buildArchive(
  { id, name, content, head, hasInterpreter }: ArchivePlan,
  options: BuildOptions
): ArtifactBuild {
  const { interpreter, segments: planned } = content;
  const from = { planned, sitePackages: sitePackagesOf(interpreter), taken: head.places };
  const { onZipped, onArchived } = progressOfBoth(options);
  return new ArtifactFromSegments(
    {
      ...{ id, name, content, head, isExecutable: false },
      segmentsFrom: (zippedWith, { cache, signal }) =>
        new ArchivedSegments({ zippedWith, ...from }, { cache, signal, onBytes: onArchived }),
      tail: () => [END],
      manifest: facts => ({ schema: 1, id, format: 'archive', python: pythonOf(interpreter), ...facts, hasInterpreter })
    },
    { ...options, onProgress: onZipped }
  );
}

/** Progress of two passes over the same bytes: files become zip entries, and zip entries become members of an archive. */
function progressOfBoth({ onProgress }: BuildOptions): {
  readonly onZipped: BuildOptions['onProgress'];
  readonly onArchived: ArchivedOptions['onBytes'];
} {
  let [zipped, archived, total] = [0, 0, 0];
  const report = (detail: string): void => {
    onProgress?.({ doneBytes: zipped + Math.min(archived, total), totalBytes: 2 * total, detail });
  };
  return {
    onZipped({ doneBytes, totalBytes, detail }) {
      [zipped, total] = [doneBytes, totalBytes];
      report(detail);
    },
    onArchived(bytes, { name, version }) {
      archived += bytes;
      report(`${name} ${version}`);
    }
  };
}

const ZEROS = Buffer.alloc(END_BYTES);

/** The last bytes of every archive. */
const END = Buffer.concat([
  MEMBER_HEADER,
  ...storedBlocks(ZEROS, { isLast: true }),
  memberTrailer(crc32(ZEROS), END_BYTES)
]);
