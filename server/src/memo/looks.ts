import { AsyncLocalStorage } from 'node:async_hooks';
import type { Stats } from 'node:fs';
import { Paths } from './paths.js';
import { isSettled } from '../system/files/settled.js';

/** Questions about a path that have a short answer; unchanged.ts asks them again. */
export type Question = 'kind' | 'real-path' | 'listing';

/** How many numbers a {@link fileState} has. */
export const STATE_LENGTH = 6;

/** Looks and their answers, as data. */
export interface KeptLooks {
  readonly answers: readonly (readonly [question: Question, path: string, answer: string])[];
  /** Files whose content or state was looked at. */
  readonly files: Iterable<string> & { readonly length: number };
  /** Their states in the same order, {@link STATE_LENGTH} numbers each. Behind a link's state is that of its target. */
  readonly states: ArrayLike<number>;
  /** False when a file changed just before it was looked at, so that its state proves nothing. */
  readonly areSettled: boolean;
}

/**
 * The questions that work asked about files, and the answers. Work that depends on nothing else has the same result as long
 * as the answers stay the same. The state of a file stands for its content: every change moves ctime, and no program can set
 * ctime.
 */
export class Looks implements KeptLooks {
  readonly answers: (readonly [question: Question, path: string, answer: string])[] = [];
  readonly files: string[] = [];
  readonly states: number[] = [];
  areSettled = true;
  readonly #startedMs = Date.now();

  addAnswer(question: Question, path: string, answer: string): void {
    this.answers.push([question, path, answer]);
  }

  /**
   * @param own - stats of the path itself, from before the content was read; undefined when nothing is there
   * @param target - stats of the target, when the path is a link
   */
  addFile(path: string, own: Stats | undefined, target: Stats | undefined): void {
    this.files.push(path);
    for (const stats of own?.isSymbolicLink() === true ? [own, target] : [own]) {
      this.states.push(...fileState(stats));
      if (stats !== undefined && !isSettled(stats, this.#startedMs)) this.areSettled = false;
    }
  }

  /** Adds the looks of other work. */
  add({ answers, files, states, areSettled }: KeptLooks): void {
    // One by one, because a call takes at most some hundred thousand arguments.
    for (const answer of answers) this.answers.push(answer);
    for (const path of files) this.files.push(path);
    for (let index = 0; index < states.length; index += 1) this.states.push(states[index] ?? 0);
    this.areSettled &&= areSettled;
  }
}

/** Looks that are complete, in compact memory. */
export interface PackedLooks extends KeptLooks {
  readonly files: Paths;
  readonly states: Float64Array;
}

export function packed({ answers, files, states, areSettled }: KeptLooks): PackedLooks {
  return {
    answers,
    files: files instanceof Paths ? files : Paths.of([...files]),
    states: states instanceof Float64Array ? states : Float64Array.from(states),
    areSettled
  };
}

const listening = new AsyncLocalStorage<Looks>();

/** Runs `work` and notes all that it asks about files by way of disk.ts. */
export function noteLooks<T>(looks: Looks, work: () => Promise<T>): Promise<T> {
  return listening.run(looks, work);
}

/** The looks of the work that runs now; undefined when nobody wants them. */
export function currentLooks(): Looks | undefined {
  return listening.getStore();
}

/**
 * A file's state: device, inode, mode, size, mtime and ctime in milliseconds.
 *
 * @returns for a missing file, a state that no file can have
 */
function fileState(stats: Stats | undefined): readonly number[] {
  if (stats === undefined) return [0, -1, 0, 0, 0, 0];
  return [stats.dev, stats.ino, stats.mode, stats.size, stats.mtimeMs, stats.ctimeMs];
}

/** Whether the state at index `at` equals that of these stats. It makes no array, because there are many files. */
export function isState(states: ArrayLike<number>, at: number, stats: Stats | undefined): boolean {
  if (stats === undefined) return states[at + 1] === -1;
  return (
    states[at] === stats.dev &&
    states[at + 1] === stats.ino &&
    states[at + 2] === stats.mode &&
    states[at + 3] === stats.size &&
    states[at + 4] === stats.mtimeMs &&
    states[at + 5] === stats.ctimeMs
  );
}
