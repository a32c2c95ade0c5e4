import type { Distribution, Finding } from '../../contract/snapshot.js';
import { FILE_KINDS, readPieces } from '../../system/files/read.js';
import { ContentScan, looksSecret, mayBePublishedSecret } from '../../system/files/secrets/secrets.js';
import type { Metadata } from './candidate.js';
import type { ListedFile } from './distribution-files.js';
import type { FoundFile } from './identity.js';
import { outsideLinks } from './outside-links.js';
import { compareText } from '../../text/compare.js';

/** A file that stops a ship unless it is allowed. */
export type Suspect = Distribution['suspects'][number];

/** A file that would ship. */
export interface JudgedFile {
  /** Relative to the site directory. */
  readonly path: string;
  readonly absolute: string;
  /** The file has RECORD's hash, so its publisher put it there, even when links lead to it now. */
  readonly isPublished: boolean;
}

/**
 * Finds the files of a distribution that probably nobody meant to ship: links out of the environment, and secrets. The result
 * is stored with the distribution, so an unchanged distribution is not searched again.
 *
 * A file that still has RECORD's hash is the publisher's: it is scanned only when its name gives a reason, and test keys are
 * allowed. Files that were added or edited, or that have no hash, are judged like the files of an editable.
 *
 * @param foundFiles - what was found at the paths of the listed files, in the same order
 * @throws what the disk fails with; ShipEnvError SNAPSHOT_UNREADABLE; the signal's reason
 */
export async function findSuspects(
  candidate: Metadata,
  listed: readonly ListedFile[],
  foundFiles: readonly FoundFile[],
  signal: AbortSignal
): Promise<{ suspects: Suspect[]; findings: Finding[] }> {
  const files = listed.flatMap((file, index): JudgedFile[] => {
    const found = foundFiles[index];
    if (found?.kind !== 'file') return [];
    const { path, absolute } = file;
    return [{ path, absolute, isPublished: file.sha256 === found.sha256 }];
  });
  const { suspects: links, findings } = await outsideLinks(
    candidate,
    files.filter(({ isPublished }) => !isPublished)
  );
  return {
    suspects: [...links, ...(await secretsAmong(files, signal))].sort((a, b) => compareText(a.path, b.path)),
    findings
  };
}

async function secretsAmong(files: readonly JudgedFile[], signal: AbortSignal): Promise<Suspect[]> {
  const toScan = files.filter(({ path, isPublished }) => !isPublished || mayBePublishedSecret(path));
  const found = await Promise.all(
    toScan.map(async ({ path, absolute }) => {
      const scan = new ContentScan();
      await readPieces(absolute, FILE_KINDS.possibleSecret, piece => scan.add(piece), signal);
      return looksSecret([path], scan.marks());
    })
  );
  return toScan.filter((_, index) => found[index]).map(({ path }) => ({ kind: 'secret', path, target: '' }));
}
