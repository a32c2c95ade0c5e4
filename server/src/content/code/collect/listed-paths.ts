import { lstat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { orNothing } from '../../../system/files/nothing.js';

/**
 * Reads the stats of listed paths. A path below a link counts as missing, as it does for git: git's index still lists the files
 * of a folder that became a link, and the link may lead anywhere. The link itself is listed and judged separately.
 */
export class ListedPaths {
  readonly #folder: string;
  readonly #signal: AbortSignal;
  /** For each folder that was asked about: whether neither it nor a folder above it is a link. */
  readonly #linkFree = new Map<string, Promise<boolean>>();

  /** @param folder - absolute path with links resolved; the listed paths are relative to it */
  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
  }

  /** The stats of a path; undefined when it is missing or below a link. */
  async stats(path: string): Promise<BigIntStats | undefined> {
    return (await this.#isLinkFree(dirname(path))) ? this.#lstat(path) : undefined;
  }

  #isLinkFree(folder: string): Promise<boolean> {
    if (folder === '.') return Promise.resolve(true);
    const known = this.#linkFree.get(folder) ?? this.stats(folder).then(info => info?.isDirectory() === true);
    this.#linkFree.set(folder, known);
    return known;
  }

  async #lstat(path: string): Promise<BigIntStats | undefined> {
    this.#signal.throwIfAborted();
    return orNothing(lstat(join(this.#folder, path), { bigint: true }));
  }
}
