import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ShipEnvError } from '../../../errors.js';
import { ProcessError, run } from '../../../system/process/run.js';
import { shellWord } from '../../../text/shell-word.js';
import { mayBePartialClone, workTreeTop } from './work-tree.js';

/** What git says about a folder. Paths are relative to it; a nested repository is one path that ends with `/`; a path may come twice. */
export type GitAnswer =
  | { readonly state: 'none' }
  /** There is a work tree, and git cannot be asked about it. */
  | { readonly state: 'unusable'; readonly reason: string }
  | { readonly state: 'listed'; readonly files: readonly string[]; readonly ignored: readonly string[] };

/** Variables of this process that would name a program for git to run, or another repository to answer for. */
const NOT_OURS = [
  // Set inside git hooks: they would make git answer for another repository.
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_NAMESPACE',
  // Programs.
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
  // No index is refreshed, so the hook that follows a refresh does not run either.
  GIT_OPTIONAL_LOCKS: '0',
  // In a partial clone git would fetch an absent `.gitignore`, by a program that the repository names.
  GIT_NO_LAZY_FETCH: '1',
  // Older gits do not know that variable. This one names the only allowed protocols, and no repository can widen it.
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_TERMINAL_PROMPT: '0',
  GIT_PAGER: 'cat'
};

/**
 * Settings in which a repository can name a program, set to nothing. `safe.directory` stays as the person has it: git
 * itself refuses a repository of somebody else.
 */
const NO_PROGRAMS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'core.askPass=',
  'core.sshCommand=false',
  'core.gitProxy=',
  'credential.helper=',
  'diff.external=',
  'protocol.allow=never',
  // Names no program: a folder that looks like a bare repository would answer in place of the one that it lies in.
  'safe.bareRepository=explicit'
].flatMap(setting => ['-c', setting]);
/** The minute that docs/guarantees.md promises. Git waits for ever where something hostile stands in place of one of its files. */
const ANSWERS_WITHIN_MS = 60_000;
/** Characters: some million paths. */
const OUTPUT_LIMIT = 256 * 1024 * 1024;

/**
 * Asks git's own matcher what a folder holds: tracked plus untracked-not-ignored files, and what its ignore rules hide
 * (whole folders collapsed). No program that the repository configures is run, nothing is fetched, nothing is written
 * but the time of a split index's file, which git sets to now whenever it reads it.
 *
 * @param folder - absolute, links resolved
 */
export async function askGit(folder: string, signal: AbortSignal): Promise<GitAnswer> {
  const top = await workTreeTop(folder);
  if (top === undefined) return { state: 'none' };
  // Git has had time enough then; it is ended, with what it started.
  const late = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  const common = [...NO_PROGRAMS, 'ls-files', '-z', '--exclude-standard'];
  const place = { folder, top, env: await noFilterToWrite({ folder, top }, signal, late) };
  const [files, ignored] = await Promise.all([
    runGit(place, [...common, '--cached', '--others', '--', '.'], signal, late),
    runGit(place, [...common, '--others', '--ignored', '--directory', '--', '.'], signal, late)
  ]);
  if ('reason' in files) return { state: 'unusable', reason: files.reason + (await ifForeign(top)) };
  // In a folder that is ignored as a whole, git 2.39 fails on the second question with an internal error.
  if (files.paths.length === 0) return { state: 'listed', files: [], ignored: [] };
  if ('reason' in ignored) return { state: 'unusable', reason: ignored.reason };
  return { state: 'listed', files: files.paths, ignored: ignored.paths };
}

/** What the person can do where git refuses a work tree because somebody else owns it; empty for the person's own. */
async function ifForeign(top: string): Promise<string> {
  const owners = await Promise.all([top, join(top, '.git')].map(async path => (await lstat(path)).uid));
  if (owners.every(uid => uid === process.getuid?.())) return '';
  return `; it belongs to another user: if you trust it, run git config --global --add safe.directory ${shellWord(top)}`;
}

/** Where git is asked, and with which variables besides {@link ENVIRONMENT}. */
interface Place {
  readonly folder: string;
  readonly top: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * A git that does not know GIT_NO_LAZY_FETCH begins to fetch in a partial clone, and first writes a filter for the remote into
 * `.git/config`, unless it has one. These variables give it one, for each remote that leaves objects out.
 */
async function noFilterToWrite(place: Place, signal: AbortSignal, late: AbortSignal): Promise<NodeJS.ProcessEnv> {
  if (!(await mayBePartialClone(place.top))) return {};
  const names = '^(remote\\..*\\.promisor|extensions\\.partialclone)$';
  const found = await runGit(place, [...NO_PROGRAMS, 'config', '--null', '--get-regexp', names], signal, late);
  // Git fails also when it finds none; what else is wrong it says again when it is asked for the files.
  if ('reason' in found) return {};
  const remotes = found.paths.map(setting => {
    const [name = '', value = ''] = setting.split('\n', 2);
    return name.startsWith('remote.') ? name.slice('remote.'.length, -'.promisor'.length) : value;
  });
  // Behind those that the person has set in this way.
  const first = Number(process.env['GIT_CONFIG_COUNT'] ?? 0);
  const settings = remotes.flatMap((remote, index) => [
    [`GIT_CONFIG_KEY_${first + index}`, `remote.${remote}.partialclonefilter`],
    [`GIT_CONFIG_VALUE_${first + index}`, 'blob:none']
  ]);
  const env: NodeJS.ProcessEnv = Object.fromEntries<string>(settings as [string, string][]);
  return { ...env, GIT_CONFIG_COUNT: String(first + remotes.length) };
}

async function runGit(
  { folder, top, env: more }: Place,
  args: string[],
  signal: AbortSignal,
  late: AbortSignal
): Promise<{ paths: string[] } | { reason: string }> {
  const env = {
    ...ENVIRONMENT,
    ...more,
    // Else the repository could name another folder as its work tree (core.worktree), and git would answer for that one.
    GIT_WORK_TREE: top,
    // Git looks no further up: it would take a repository above for that of this work tree, and lose its ignore rules.
    GIT_CEILING_DIRECTORIES: top === '/' ? '' : dirname(top)
  };
  try {
    const { stdout } = await run('git', args, {
      signal: AbortSignal.any([signal, late]),
      cwd: folder,
      env,
      outputLimit: OUTPUT_LIMIT
    });
    // `./` is what git says in the empty folder of a submodule that was not fetched.
    return { paths: stdout.split('\0').filter(path => path !== '' && path !== './') };
  } catch (error) {
    if (late.aborted && !signal.aborted) return { reason: `git did not answer within ${ANSWERS_WITHIN_MS / 1000} s` };
    if (!(error instanceof ProcessError)) throw error;
    if (error.reason === 'not-found') return { reason: 'git is not on the PATH' };
    // Git is killed when it writes into the pipe of a helper that it was not allowed to start, or when memory is short.
    if (error.reason === 'exit-code' || error.reason === 'killed')
      return { reason: error.stderrTail.trim().split('\n', 1)[0] || error.message };
    throw new ShipEnvError('CODE_UNREADABLE', `git was asked what belongs to ${folder} and did not answer.`, {
      hint: 'Run git status there. Let .gitignore name folders that hold a great many files.',
      cause: error
    });
  }
}
