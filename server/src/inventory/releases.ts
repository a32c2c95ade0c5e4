import type { ListedRelease } from '../contract/release.js';
import type { FoundRelease } from '../trust/found-releases.js';

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
