import type { Stats } from 'node:fs';
import { type Looks, type Question, STATE_LENGTH, isState } from './looks.js';
import { kindOf, listDirectory, listingText, realpathOptional } from './read.js';
import { statEach } from './stat-files.js';

/** The looks of earlier work, as they were kept. */
export type KeptLooks = Pick<Looks, 'answers' | 'files'> & { readonly states: ArrayLike<number> };

const ASK: Record<Question, (path: string) => Promise<string>> = {
  kind: async path => (await kindOf(path)) ?? '',
  'real-path': async path => (await realpathOptional(path)) ?? '',
  // The names and what they are, not the folder's times: an editor that saves by renaming touches those.
  listing: async path => listingText(await listDirectory(path))
};

/**
 * Would every look give the same again? No file is opened.
 *
 * @throws the signal's reason when it is aborted; what the disk fails with
 */
export async function areUnchanged({ answers, files, states }: KeptLooks, signal: AbortSignal): Promise<boolean> {
  const same = await Promise.all(
    answers.map(async ([question, path, answer]) => (await ASK[question](path)) === answer)
  );
  if (same.includes(false)) return false;
  let at = 0;
  const isSame = (stats: Stats | undefined): boolean => isState(states, (at += STATE_LENGTH) - STATE_LENGTH, stats);
  const areSame = await statEach(
    files,
    signal,
    (own, target) => isSame(own) && (own?.isSymbolicLink() !== true || isSame(target))
  );
  return areSame && at === states.length;
}
