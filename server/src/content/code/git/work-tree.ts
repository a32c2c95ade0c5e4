import { lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../../../errors.js';
import { orNothing } from '../../../system/files/nothing.js';
import { FILE_KINDS, readBounded } from '../../../system/files/read.js';

/**
 * The top of the git work tree that contains a folder. It is searched here and not asked of git: so no process is needed outside
 * of a work tree, and no message of git is parsed. A `.git` that is not a repository is ignored, as git does. It counts only
 * when no repository is above; then git says what is wrong with it.
 *
 * @param folder - absolute path with links resolved
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

/** The settings of a partial clone, and the settings that include other files. */
const MAY_BE_PARTIAL = /promisor|partialclone|include|worktreeconfig/i;

/**
 * Whether the configuration of a repository can make it a partial clone. To read the file saves a process. The person's own
 * configuration, which applies to every repository, is trusted and not read.
 *
 * @param top - top folder of the work tree
 */
export async function mayBePartialClone(top: string): Promise<boolean> {
  try {
    // With a `commondir`, the configuration is that of another repository.
    if ((await seenByGit(lstat(join(top, '.git', 'commondir')))) !== undefined) return true;
    const config = await readBounded(join(top, '.git', 'config'), FILE_KINDS.gitConfig);
    return MAY_BE_PARTIAL.test(config.toString('utf8'));
  } catch {
    // The repository is elsewhere, or git itself will say what is wrong.
    return true;
  }
}

async function lookFor(path: string): Promise<'repository' | 'damaged' | 'nothing'> {
  if ((await seenByGit(lstat(path))) === undefined) return 'nothing';
  const info = await seenByGit(stat(path));
  // A file contains the path of the repository. When it does not, git refuses to answer and does not look further up.
  if (info?.isFile() === true) return 'repository';
  const hasHead = info?.isDirectory() === true && (await seenByGit(lstat(join(path, 'HEAD')))) !== undefined;
  return hasHead ? 'repository' : 'damaged';
}

/** The result of an operation on a path. A path without permission counts as missing, as it does for git. */
async function seenByGit<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await orNothing(operation);
  } catch (error) {
    if (hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
}
