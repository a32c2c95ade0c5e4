import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ShipEnvError } from '../../../errors.js';
import { ProcessError, run } from '../../../system/process/run.js';
import { shellWord } from '../../../text/shell-word.js';
import { mayBePartialClone, workTreeTop } from './work-tree.js';

/** git's answer about a folder. Paths are relative to the folder and may occur twice; a nested repository ends with `/`. */
export type GitAnswer =
  | { readonly state: 'none' }
  /** There is a work tree, but git cannot be asked about it. */
  | { readonly state: 'unusable'; readonly reason: string }
  | { readonly state: 'listed'; readonly files: readonly string[]; readonly ignored: readonly string[] };

/** Variables that could make git run a program, or answer for another repository. git does not get them. */
const NOT_OURS = [
  // git hooks set these; they would make git answer for another repository.
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_NAMESPACE',
  // These name programs.
  'GIT_ASKPASS',
  'SSH_ASKPASS',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_PROXY_COMMAND',
  'GIT_EXTERNAL_DIFF',
  'GIT_EDITOR'
];

const ENVIRONMENT = {
  ...Object.fromEntries(NOT_OURS.map(name => [name, undefined])),
  LC_ALL: 'C',
  // Without locks git does not refresh the index, so it does not run the hook after a refresh.
  GIT_OPTIONAL_LOCKS: '0',
  // In a partial clone git would fetch a missing `.gitignore` with a program that the repository names.
  GIT_NO_LAZY_FETCH: '1',
  // Older gits do not know that variable. This one limits the allowed protocols, and no repository can extend it.
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_TERMINAL_PROMPT: '0',
  GIT_PAGER: 'cat'
};

/**
 * Empty values for the settings in which a repository can name a program. `safe.directory` keeps the person's value: git itself
 * refuses a repository that belongs to another user.
 */
export const NO_PROGRAMS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'core.askPass=',
  'core.sshCommand=false',
  'core.gitProxy=',
  'credential.helper=',
  'diff.external=',
  'protocol.allow=never',
  // Without this, a folder that looks like a bare repository would answer instead of the repository that contains it.
  'safe.bareRepository=explicit'
].flatMap(setting => ['-c', setting]);
/** The minute that docs/guarantees.md promises. git can wait for ever when one of its files was replaced by a FIFO. */
export const ANSWERS_WITHIN_MS = 60_000;
/** Characters of git's output: enough for some million paths. */
const OUTPUT_LIMIT = 256 * 1024 * 1024;

/**
 * Asks git for the files of a folder: the tracked files, the untracked files that are not ignored, and the ignored files (a
 * folder that is ignored as a whole is one path). git runs no program that the repository configures, and fetches nothing. git
 * writes nothing except the mtime of a split index, which it sets to now at each read.
 *
 * @param folder - absolute path with links resolved
 */
export async function askGit(folder: string, signal: AbortSignal): Promise<GitAnswer> {
  const top = await workTreeTop(folder);
  if (top === undefined) return { state: 'none' };
  // After this time git is ended, with its child processes.
  const late = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  const common = [...NO_PROGRAMS, 'ls-files', '-z', '--exclude-standard'];
  const place = { folder, top, env: await noFilterToWrite({ folder, top }, signal, late) };
  const [files, ignored] = await Promise.all([
    runGit(place, [...common, '--cached', '--others', '--', '.'], signal, late),
    runGit(place, [...common, '--others', '--ignored', '--directory', '--', '.'], signal, late)
  ]);
  if ('reason' in files) return { state: 'unusable', reason: files.reason + (await ifForeign(top)) };
  // In a folder that is ignored as a whole, the second command of git 2.39 fails with an internal error.
  if (files.paths.length === 0) return { state: 'listed', files: [], ignored: [] };
  if ('reason' in ignored) return { state: 'unusable', reason: ignored.reason };
  return { state: 'listed', files: files.paths, ignored: ignored.paths };
}

/** What to do when git refuses a work tree because another user owns it; empty when the person owns it. */
async function ifForeign(top: string): Promise<string> {
  const owners = await Promise.all([top, join(top, '.git')].map(async path => (await lstat(path)).uid));
  if (owners.every(uid => uid === process.getuid?.())) return '';
  return `; it belongs to another user: if you trust it, run git config --global --add safe.directory ${shellWord(top)}`;
}

/** Where git runs, and its variables besides {@link ENVIRONMENT}. */
export interface Place {
  readonly folder: string;
  readonly top: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Variables that set a filter for each remote of a partial clone. An older git, which does not know GIT_NO_LAZY_FETCH, begins to
 * fetch in a partial clone, and first writes such a filter into `.git/config` unless one is set.
 */
export async function noFilterToWrite(
  place: Place,
  signal: AbortSignal,
  late: AbortSignal
): Promise<NodeJS.ProcessEnv> {
  if (!(await mayBePartialClone(place.top))) return {};
  const names = '^(remote\\..*\\.promisor|extensions\\.partialclone)$';
  const found = await runGit(place, [...NO_PROGRAMS, 'config', '--null', '--get-regexp', names], signal, late);
  // git also fails when it finds no setting. Any other error occurs again when git is asked for the files.
  if ('reason' in found) return {};
  const remotes = found.paths.map(setting => {
    const [name = '', value = ''] = setting.split('\n', 2);
    return name.startsWith('remote.') ? name.slice('remote.'.length, -'.promisor'.length) : value;
  });
  // The indexes follow those that the person has set in this way.
  const first = Number(process.env['GIT_CONFIG_COUNT'] ?? 0);
  const settings = remotes.flatMap((remote, index) => [
    [`GIT_CONFIG_KEY_${first + index}`, `remote.${remote}.partialclonefilter`],
    [`GIT_CONFIG_VALUE_${first + index}`, 'blob:none']
  ]);
  const env: NodeJS.ProcessEnv = Object.fromEntries<string>(settings as [string, string][]);
  return { ...env, GIT_CONFIG_COUNT: String(first + remotes.length) };
}

/**
 * Runs git, which may start no program of the repository.
 *
 * @returns the pieces of its output, which a NUL separates; or why git gave no answer
 */
export async function runGit(
  { folder, top, env: more }: Place,
  args: string[],
  signal: AbortSignal,
  late: AbortSignal
): Promise<{ paths: string[] } | { reason: string }> {
  const env = {
    ...ENVIRONMENT,
    ...more,
    // Without this the repository could name another folder as its work tree (core.worktree).
    GIT_WORK_TREE: top,
    // git must not look further up: it would use a repository above, and lose the ignore rules of this one.
    GIT_CEILING_DIRECTORIES: top === '/' ? '' : dirname(top)
  };
  try {
    const { stdout } = await run('git', args, {
      signal: AbortSignal.any([signal, late]),
      cwd: folder,
      env,
      outputLimit: OUTPUT_LIMIT
    });
    // git prints `./` in the empty folder of a submodule that was not fetched.
    return { paths: stdout.split('\0').filter(path => path !== '' && path !== './') };
  } catch (error) {
    if (late.aborted && !signal.aborted) return { reason: `git did not answer within ${ANSWERS_WITHIN_MS / 1000} s` };
    if (!(error instanceof ProcessError)) throw error;
    if (error.reason === 'not-found') return { reason: 'git is not on the PATH' };
    // git is killed when it writes into the pipe of a helper that it may not start, or when memory is short.
    if (error.reason === 'exit-code' || error.reason === 'killed')
      return { reason: error.stderrTail.trim().split('\n', 1)[0] || error.message };
    throw new ShipEnvError('CODE_UNREADABLE', `git was asked for the files of ${folder} and did not answer.`, {
      hint: 'Run git status there. Add folders with a great many files to .gitignore.',
      cause: error
    });
  }
}
