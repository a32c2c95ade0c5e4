import { type KeptLooks, type Question, STATE_LENGTH, isState } from './looks.js';
import { kindAt, listDirectory, listingText, realpathOptional } from './disk.js';
import { statEach } from '../system/files/stat-files.js';

const ASK: Record<Question, (path: string) => Promise<string>> = {
  kind: async path => (await kindAt(path)) ?? '',
  'real-path': async path => (await realpathOptional(path)) ?? '',
  // Names and kinds, not the folder's times: an editor that saves by renaming changes these times.
  listing: async path => listingText(await listDirectory(path))
};

/**
 * Whether every look would still have the same answer. No file is opened.
 *
 * @returns for each group of looks, whether all answers are the same
 * @throws the signal's reason when it is aborted; what the disk fails with
 */
export async function areUnchanged(groups: readonly KeptLooks[], signal: AbortSignal): Promise<boolean[]> {
  const same = await Promise.all(groups.map(group => areSameAnswers(group)));
  let group = -1;
  let left = 0;
  let states: ArrayLike<number> = [];
  let at = 0;
  // One call for all files, so that a slow disk is asked for several files at a time.
  await statEach(filesOf(groups), signal, (own, target) => {
    for (; left === 0; at = 0) {
      group += 1;
      left = groups[group]?.files.length ?? 0;
      states = groups[group]?.states ?? [];
    }
    left -= 1;
    const isLink = own?.isSymbolicLink() === true;
    if (!isState(states, at, own) || (isLink && !isState(states, at + STATE_LENGTH, target))) same[group] = false;
    at += isLink ? 2 * STATE_LENGTH : STATE_LENGTH;
    return true;
  });
  return same;
}

/** The files one after the other. A list of all of them would take more memory than the rest of an environment's data. */
function* filesOf(groups: readonly KeptLooks[]): Generator<string> {
  for (const { files } of groups) yield* files;
}

async function areSameAnswers({ answers }: KeptLooks): Promise<boolean> {
  const same = await Promise.all(
    answers.map(async ([question, path, answer]) => (await ASK[question](path)) === answer)
  );
  return !same.includes(false);
}
