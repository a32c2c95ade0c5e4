import type { ListedRelease } from '../contract/release.js';
import { manifestName } from '../formats/manifest.js';
import type { TargetEntry } from '../targets/target.js';
import { parseRelease, releaseOfFile } from '../trust/releases.js';

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

/** The row of a release in a list. @param names - of the objects on the target */
export function releaseRow(
  { name, needs, artifact, code, entry }: FoundRelease,
  names: { has(name: string): boolean }
): ListedRelease {
  const row = { name, artifact, code, modified: entry.modified.toISOString() };
  if (needs === undefined) {
    const hint = `Remove it with "ship-env release ${name} --remove".`;
    return { ...row, problem: 'It is no release that this ship-env can read.', hint };
  }
  const missing = needs.filter(each => !names.has(each));
  if (missing.length === 0) return row;
  const problem = `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing.`;
  return { ...row, problem, hint: `Remove it with "ship-env release ${name} --remove", and make another one.` };
}
