import { AsyncLocalStorage } from 'node:async_hooks';
import type { Stats } from 'node:fs';
import { Paths } from './paths.js';
import { isSettled } from '../system/files/settled.js';

/** What is asked of a path whose answer is short; unchanged.ts asks again. */
export type Question = 'kind' | 'real-path' | 'listing';

/** Numbers of a {@link fileState}. */
export const STATE_LENGTH = 6;

/** Looks and their answers, as data. */
export interface KeptLooks {
  readonly answers: readonly (readonly [question: Question, path: string, answer: string])[];
  /** Files whose content or state was looked at. */
  readonly files: Iterable<string> & { readonly length: number };
  /** Their states, one after the other, {@link STATE_LENGTH} numbers each; behind a link's that of what it leads to. */
  readonly states: ArrayLike<number>;
  /** False when a file changed a moment before it was looked at, so that its state vouches for nothing. */
  readonly areSettled: boolean;
}

/**
 * What work asked of the disk, and the answers: work that depends on nothing else comes to the same result as long as
 * the answers stay the same. A file's state stands for its content: ctime moves with every change, and no program can
 * set it.
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
   * @param own - of the path itself, from before the content was read; undefined when nothing is there
   * @param target - of what it leads to, when it is a link
   */
  addFile(path: string, own: Stats | undefined, target: Stats | undefined): void {
    this.files.push(path);
    for (const stats of own?.isSymbolicLink() === true ? [own, target] : [own]) {
      this.states.push(...fileState(stats));
      if (stats !== undefined && !isSettled(stats, this.#startedMs)) this.areSettled = false;
    }
  }

  /** Takes over the looks of other work. */
  add({ answers, files, states, areSettled }: KeptLooks): void {
    // One by one: a call takes no more than some hundred thousand arguments.
    for (const answer of answers) this.answers.push(answer);
    for (const path of files) this.files.push(path);
    for (let index = 0; index < states.length; index += 1) this.states.push(states[index] ?? 0);
    this.areSettled &&= areSettled;
  }
}

/** Looks to which no more is added, in the memory that they need. */
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

/** Runs `work`; all that it asks of the disk, by read.ts and stat-files.ts, is noted. */
export function noteLooks<T>(looks: Looks, work: () => Promise<T>): Promise<T> {
  return listening.run(looks, work);
}

/** Where the work that runs now notes its looks; undefined when nobody wants them. */
export function currentLooks(): Looks | undefined {
  return listening.getStore();
}

/**
 * A file's state: device, inode, mode, size, mtime and ctime in milliseconds.
 *
 * @returns of a file that is not there what no file has
 */
function fileState(stats: Stats | undefined): readonly number[] {
  if (stats === undefined) return [0, -1, 0, 0, 0, 0];
  return [stats.dev, stats.ino, stats.mode, stats.size, stats.mtimeMs, stats.ctimeMs];
}

/** Is the state that begins at `at` that of these stats? Without an array a file, since there are many files. */
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
