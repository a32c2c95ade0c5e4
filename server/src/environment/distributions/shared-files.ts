import { join } from 'node:path';
import type { Finding } from '../../contract/snapshot.js';
import { type Candidate, groupOf } from './candidate.js';
import { listFiles } from './distribution-files.js';
import type { Owners } from './owners.js';
import { compareText } from '../../text/compare.js';

/** A file, and all distributions that list it. */
interface SharedFile {
  readonly path: string;
  readonly owners: Candidate[];
}

/**
 * Finds files that several distributions list. The disk has one content, and all of these distributions ship it. To uninstall
 * one of them removes the file for the others too.
 *
 * The list of a distribution is read only when another distribution has files in the same folder.
 *
 * @param chosen - one distribution for each name
 */
export async function findSharedFiles(chosen: readonly Candidate[], owners: Owners): Promise<Finding[]> {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of chosen) {
    for (const group of groupsOf(candidate)) append(groups, join(candidate.site.path, group), candidate);
  }
  const shared = new Set([...groups].filter(([, members]) => members.length > 1).map(([group]) => group));
  const members = new Set([...groups].filter(([group]) => shared.has(group)).flatMap(([, each]) => each));
  const files = new Map<string, SharedFile>();
  for (const candidate of members) {
    for (const { path, absolute } of (await listFiles(candidate, owners)).files) {
      if (!shared.has(join(candidate.site.path, groupOf(path)))) continue;
      const file = files.get(absolute) ?? { path, owners: [] };
      file.owners.push(candidate);
      files.set(absolute, file);
    }
  }
  return findingsOf([...files.values()].filter(file => file.owners.length > 1));
}

function groupsOf({ listed }: Candidate): string[] {
  return [
    ...(listed?.topLevels ?? []).filter(name => name !== '..' && name !== '__pycache__'),
    ...(listed?.outside ?? [])
  ];
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** One finding for all files that the same distributions share. */
function findingsOf(files: readonly SharedFile[]): Finding[] {
  const byOwners = new Map<string, SharedFile[]>();
  for (const file of files) append(byOwners, wordsFor(file.owners), file);
  return [...byOwners.values()].map(shared => {
    const owners = shared[0]?.owners ?? [];
    const [first = '', ...others] = shared.map(({ path }) => path).sort(compareText);
    const rest = others.length === 0 ? '' : ` and ${others.length} more ${others.length === 1 ? 'file' : 'files'}`;
    const list = `${wordsFor(owners)} ${owners.length === 2 ? 'both' : 'all'} list`;
    return {
      kind: 'shared-file',
      subject: first,
      message: `${list} ${first}${rest}. Executors get what is on disk in the environment now.`
    };
  });
}

function wordsFor(owners: readonly Candidate[]): string {
  const names = owners.map(({ name, version }) => `${name} ${version}`);
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
