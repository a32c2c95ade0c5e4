import { lstat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { orNothing } from '../../../system/files/nothing.js';

/**
 * What listed paths are on disk. A path below a link is not there, as git sees it too: git's index still lists the
 * files of a folder that became a link, which may lead anywhere. The link is judged by itself, where it is listed.
 */
export class Listed {
  readonly #folder: string;
  readonly #signal: AbortSignal;
  /** Is the way to a folder free of links? By its path below the folder; each is looked at once. */
  readonly #free = new Map<string, Promise<boolean>>();

  /** @param folder - absolute, links resolved: the paths are relative to it */
  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
  }

  /** @returns undefined when it is not there */
  async look(path: string): Promise<BigIntStats | undefined> {
    return (await this.#isFree(dirname(path))) ? this.#lstat(path) : undefined;
  }

  #isFree(folder: string): Promise<boolean> {
    if (folder === '.') return Promise.resolve(true);
    const known = this.#free.get(folder) ?? this.look(folder).then(info => info?.isDirectory() === true);
    this.#free.set(folder, known);
    return known;
  }

  async #lstat(path: string): Promise<BigIntStats | undefined> {
    this.#signal.throwIfAborted();
    return orNothing(lstat(join(this.#folder, path), { bigint: true }));
  }
}
