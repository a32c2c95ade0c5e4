import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ShipEnvError, hasCode } from '../errors.js';
import { ProcessError, run } from '../process/run.js';

/** What git says about a folder. Paths are relative to it; a nested repository is one path that ends with `/`; a path may come twice. */
export type GitAnswer =
  | { readonly state: 'none' }
  /** There is a work tree, and git cannot be asked about it. */
  | { readonly state: 'unusable'; readonly reason: string }
  | { readonly state: 'listed'; readonly files: readonly string[]; readonly ignored: readonly string[] };

const ENVIRONMENT = {
  GIT_OPTIONAL_LOCKS: '0',
  LC_ALL: 'C',
  // Set inside git hooks: they would make git answer for another repository.
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_PREFIX: undefined,
  GIT_COMMON_DIR: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
  GIT_NAMESPACE: undefined
};
/** Characters: some million paths. */
const OUTPUT_LIMIT = 256 * 1024 * 1024;

/**
 * Asks git's own matcher what a folder holds: tracked plus untracked-not-ignored files, and what its ignore rules hide
 * (whole folders collapsed). No program that the repository configures is run (`core.fsmonitor` off), nothing is
 * written (no index refresh).
 *
 * @param folder - absolute, links resolved
 */
export async function askGit(folder: string, signal: AbortSignal): Promise<GitAnswer> {
  if (!(await isInWorkTree(folder))) return { state: 'none' };
  const common = ['-c', 'core.fsmonitor=false', 'ls-files', '-z', '--exclude-standard'];
  const [files, ignored] = await Promise.all([
    runGit(folder, [...common, '--cached', '--others', '--', '.'], signal),
    runGit(folder, [...common, '--others', '--ignored', '--directory', '--', '.'], signal)
  ]);
  if ('reason' in files) return { state: 'unusable', reason: files.reason };
  // In a folder that is ignored as a whole, git 2.39 fails on the second question with an internal error.
  if (files.paths.length === 0) return { state: 'listed', files: [], ignored: [] };
  if ('reason' in ignored) return { state: 'unusable', reason: ignored.reason };
  return { state: 'listed', files: files.paths, ignored: ignored.paths };
}

/** Looked up rather than asked: outside a work tree no process is needed, and git's messages stay uninterpreted. */
async function isInWorkTree(folder: string): Promise<boolean> {
  for (let current = folder; ; current = dirname(current)) {
    try {
      await stat(join(current, '.git'));
      return true;
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error;
    }
    if (dirname(current) === current) return false;
  }
}

async function runGit(
  folder: string,
  args: string[],
  signal: AbortSignal
): Promise<{ paths: string[] } | { reason: string }> {
  try {
    const { stdout } = await run('git', args, { signal, cwd: folder, env: ENVIRONMENT, outputLimit: OUTPUT_LIMIT });
    // `./` is what git says in the empty folder of a submodule that was not fetched.
    return { paths: stdout.split('\0').filter(path => path !== '' && path !== './') };
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    if (error.reason === 'not-found') return { reason: 'git is not on the PATH' };
    if (error.reason === 'exit-code') return { reason: error.stderrTail.trim().split('\n', 1)[0] || error.message };
    throw new ShipEnvError('CODE_UNREADABLE', `git was asked what belongs to ${folder} and did not answer.`, {
      hint: 'Run git status there. Let .gitignore name folders that hold a great many files.',
      cause: error
    });
  }
}
