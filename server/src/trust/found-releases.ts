import { manifestName } from '../formats/manifest.js';
import type { TargetEntry } from '../targets/target.js';
import { parseRelease, releaseOfFile } from './releases.js';

type Read = (name: string) => Promise<Buffer | undefined>;

/** A release among the objects of a target. */
export interface FoundRelease {
  readonly entry: TargetEntry;
  readonly name: string;
  /** Names of the manifest and of the pointer file that it needs; undefined when it cannot be read. */
  readonly needs: readonly string[] | undefined;
  readonly artifact: string;
  readonly code: string;
}

/**
 * The releases among the objects of a target.
 *
 * @param read - the content of a small object, undefined when it is gone
 */
export async function releasesAmong(entries: Iterable<TargetEntry>, read: Read): Promise<FoundRelease[]> {
  const found: FoundRelease[] = [];
  for (const entry of entries) {
    const name = releaseOfFile(entry.name);
    if (name === undefined) continue;
    const release = entry.isFile === false ? undefined : parseRelease(await read(entry.name), name);
    found.push({
      entry,
      name,
      needs: release && [manifestName(release.artifact), ...(release.code === null ? [] : [release.code])],
      artifact: release?.artifact ?? '',
      code: release?.code ?? ''
    });
  }
  return found;
}

/**
 * The names of the objects that releases need: manifests and pointer files; undefined when a release cannot be read, so
 * that nobody knows what it needs.
 */
export function neededBy(releases: readonly FoundRelease[]): ReadonlySet<string> | undefined {
  const needs = releases.map(release => release.needs);
  return needs.every(each => each !== undefined) ? new Set(needs.flat()) : undefined;
}
