import { lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../../../errors.js';
import { orNothing } from '../../../system/files/nothing.js';
import { FILE_KINDS, readBounded } from '../../../system/files/read.js';

/**
 * The top of the git work tree that a folder lies in. Looked up rather than asked: outside a work tree no process is
 * needed, and git's messages stay uninterpreted. A `.git` that is no repository is passed over, as git does; it counts
 * only where no repository is above, so that git says what is wrong with it.
 *
 * @param folder - absolute, links resolved
 */
export async function workTreeTop(folder: string): Promise<string | undefined> {
  let damaged: string | undefined;
  for (let current = folder; ; current = dirname(current)) {
    const found = await lookFor(join(current, '.git'));
    if (found === 'repository') return current;
    if (found === 'damaged') damaged ??= current;
    if (dirname(current) === current) return damaged;
  }
}

/** The settings of a partial clone, and those that bring in another file of settings. Git spells no name otherwise. */
const MAY_BE_PARTIAL = /promisor|partialclone|include|worktreeconfig/i;

/**
 * Can the configuration of a repository make it a partial clone? It saves a process to look. A person's own configuration,
 * which every repository reads, is not looked into: it is trusted.
 *
 * @param top - of the work tree
 */
export async function mayBePartialClone(top: string): Promise<boolean> {
  try {
    // Its configuration is then that of another repository.
    if ((await seenByGit(lstat(join(top, '.git', 'commondir')))) !== undefined) return true;
    const config = await readBounded(join(top, '.git', 'config'), FILE_KINDS.gitConfig);
    return MAY_BE_PARTIAL.test(config.toString('utf8'));
  } catch {
    // The work tree has its repository elsewhere, or git itself can say what is wrong.
    return true;
  }
}

async function lookFor(path: string): Promise<'repository' | 'damaged' | 'nothing'> {
  if ((await seenByGit(lstat(path))) === undefined) return 'nothing';
  const info = await seenByGit(stat(path));
  // A file names the repository. Where it does not, git refuses to answer and looks no further.
  if (info?.isFile() === true) return 'repository';
  const hasHead = info?.isDirectory() === true && (await seenByGit(lstat(join(path, 'HEAD')))) !== undefined;
  return hasHead ? 'repository' : 'damaged';
}

/** What may not be looked at is nothing for git, too. */
async function seenByGit<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await orNothing(look);
  } catch (error) {
    if (hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
}
