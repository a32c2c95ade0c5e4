import { realpath } from 'node:fs/promises';
import { orNothing } from '../../../system/files/nothing.js';
import { ANSWERS_WITHIN_MS, NO_PROGRAMS, noFilterToWrite, runGit, type Place } from './git.js';
import { workTreeTop } from './work-tree.js';

/** What an installer and Python write beside the sources, and many projects forget to ignore. */
const GENERATED = ['*.egg-info', '*.egg-info/**', '__pycache__/**'].map(pattern => `:(exclude,glob)**/${pattern}`);

/** What git has checked out in a folder. */
export interface Revision {
  /** Hexadecimal: 40 digits, or 64 in a repository with sha256. */
  readonly commit: string;
  /** A file below the folder differs from the commit, or is neither in the commit nor ignored. Undefined: git did not say. */
  readonly isDirty: boolean | undefined;
}

/**
 * Asks git for the commit of a folder. git runs no program that the repository configures, filters included: a file
 * whose content a filter would change counts as changed when its time is new.
 *
 * @param folder - absolute path
 * @returns undefined outside of a work tree, before the first commit, and when git gives no answer
 */
export async function revisionOf(folder: string, signal: AbortSignal): Promise<Revision | undefined> {
  const real = await orNothing(realpath(folder));
  const top = real && (await workTreeTop(real));
  if (real === undefined || top === undefined) return undefined;
  const late = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  const place: Place = { folder: real, top, env: await noFilterToWrite({ folder: real, top }, signal, late) };
  const [head, filters] = await Promise.all([
    runGit(place, [...NO_PROGRAMS, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], signal, late),
    filtersOff(place, signal, late)
  ]);
  const commit = 'reason' in head ? undefined : head.paths[0]?.trim();
  if (commit === undefined || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(commit)) return undefined;
  // A submodule has a configuration of its own, which could name programs.
  const asked = ['status', '--porcelain', '-z', '--no-renames', '--ignore-submodules=all', '--', '.', ...GENERATED];
  const status = filters && (await runGit(place, [...NO_PROGRAMS, ...filters, ...asked], signal, late));
  return { commit, isDirty: status === undefined || 'reason' in status ? undefined : status.paths.length > 0 };
}

/** Settings without which git would run the filters of the repository; undefined when git does not tell its filters. */
async function filtersOff(place: Place, signal: AbortSignal, late: AbortSignal): Promise<string[] | undefined> {
  const found = await runGit(place, [...NO_PROGRAMS, 'config', '--null', '--name-only', '--list'], signal, late);
  if ('reason' in found) return undefined;
  const names = found.paths.flatMap(setting => /^filter\.(.*)\.[^.]+$/su.exec(setting)?.[1] ?? []);
  // "-c" cannot name such a filter, so git is not asked to compare.
  if (names.some(name => name.includes('='))) return undefined;
  return [...new Set(names)].flatMap(name =>
    ['clean=', 'smudge=', 'process=', 'required=false'].flatMap(value => ['-c', `filter.${name}.${value}`])
  );
}
