import { link, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ShipEnvError, hasCode } from '../../errors.js';
import { FILE_KINDS, UnusableFile, readBounded } from '../files/read.js';
import { ignoreExisting } from './folder.js';
import { packedHint, unpackedHint } from './hints.js';
import type { CacheKind } from './kinds.js';
import { CacheLayout } from './layout.js';
import { underLock } from './lock.js';
import { clear, isFileThere, makeFolderBelow, putInPlace } from './place.js';
import { prepareFolder } from './prepare.js';
import { cacheRoot } from './root.js';
import { Turns } from './turns.js';

/**
 * The local cache; {@link cacheRoot} says where.
 *
 * Entries are immutable and appear whole: they are written under `tmp/` and hard-linked into place, which never
 * overwrites. So readers need no lock, and two writers of one entry end with the same bytes. Anything but a file in the place
 * of an entry is removed as soon as it is found (place.ts).
 */
export class Cache extends CacheLayout {
  readonly #turns = new Turns();
  /** Bytes written since the last call of {@link takeWrittenBytes}. */
  #writtenBytes = 0;

  private constructor(root: string) {
    super(root);
  }

  /**
   * @param root - the folder, made when missing, private to the user
   * @throws ShipEnvError CACHE_UNUSABLE when it cannot be made or belongs to someone else
   */
  static async open(root = cacheRoot()): Promise<Cache> {
    const cache = new Cache(root);
    await cache.prepare();
    return cache;
  }

  /**
   * Makes the folder when it is missing, and removes what killed processes left in it. A process that lives for days calls
   * this before each use, because people remove the cache by hand.
   *
   * @throws ShipEnvError CACHE_UNUSABLE when the folder cannot be made or belongs to someone else
   */
  async prepare(): Promise<void> {
    await prepareFolder(this.root);
  }

  /**
   * Runs work with the path of a temporary file. The file is removed at the end if it is still there.
   *
   * @throws ShipEnvError DISK_FULL, or what `work` throws
   */
  async withTemporary<T>(work: (path: string) => Promise<T>): Promise<T> {
    const temporary = this.temporaryPath();
    try {
      return await work(temporary);
    } catch (error) {
      throw isFull(error) ? this.#diskFull(error) : error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Counts bytes that someone else wrote into the cache. */
  addWrittenBytes(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  /** Bytes of the entries that were written since the last call. */
  takeWrittenBytes(): number {
    const bytes = this.#writtenBytes;
    this.#writtenBytes = 0;
    return bytes;
  }

  /** The path of an entry; undefined when there is no such entry. */
  async find(kind: CacheKind, name: string): Promise<string | undefined> {
    const path = this.path(kind, name);
    return (await isFileThere(path)) ? path : undefined;
  }

  /** Removes an entry, if it is there. */
  async drop(kind: CacheKind, name: string): Promise<void> {
    await clear(this.path(kind, name));
  }

  /** The content of a hint ({@link replace}); undefined when there is none, or when it was damaged since. */
  async hint(kind: CacheKind, name: string): Promise<Buffer | undefined> {
    const path = await this.find(kind, name);
    if (path === undefined) return undefined;
    try {
      return unpackedHint(await readBounded(path, FILE_KINDS.cacheNote));
    } catch (error) {
      if (hasCode(error, 'ENOENT') || error instanceof UnusableFile) return undefined;
      throw error;
    }
  }

  /**
   * The entry of that name; it is written first when it is missing. Callers in one process that ask for the same entry
   * wait for the first caller; when that one fails or is aborted, the next one writes.
   *
   * @param write - writes the whole content to the given path
   * @param signal - stops the wait for another caller; it does not stop `write`
   * @throws ShipEnvError DISK_FULL, or what `write` throws; nothing is left behind
   */
  async entry(
    kind: CacheKind,
    name: string,
    write: (temporaryPath: string) => Promise<void>,
    signal?: AbortSignal
  ): Promise<{ path: string; reused: boolean }> {
    const path = this.path(kind, name);
    const ensure = async (): Promise<{ path: string; reused: boolean }> => {
      if (await isFileThere(path)) return { path, reused: true };
      await this.#write(path, write, temporary => link(temporary, path).catch(ignoreExisting));
      return { path, reused: false };
    };
    return this.#turns.take(path, ensure, signal);
  }

  /**
   * Writes an entry again unless it is whole. A reader that has the old file open keeps its content. Callers in one process
   * take turns, so the next one finds the entry whole.
   *
   * @param write - as in {@link entry}
   * @throws as {@link entry}, and what `isWhole` throws
   */
  async mend(
    kind: CacheKind,
    name: string,
    isWhole: (path: string) => Promise<boolean>,
    write: (temporaryPath: string) => Promise<void>,
    signal: AbortSignal
  ): Promise<void> {
    const path = this.path(kind, name);
    const ensure = async (): Promise<void> => {
      if (await isWhole(path)) return;
      await this.#write(path, write, temporary => putInPlace(temporary, path));
    };
    await this.#turns.take(path, ensure, signal);
  }

  /**
   * Writes or replaces a hint: a file that only saves work and, unlike an entry, may change. Readers see the whole old hint
   * or the whole new one. The file begins with the sha256 of its content, so a damaged hint is not used.
   *
   * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL
   */
  async replace(kind: CacheKind, name: string, content: string | readonly Buffer[]): Promise<void> {
    const path = this.path(kind, name);
    const temporary = this.temporaryPath();
    try {
      await makeFolderBelow(this.root, dirname(path));
      await writeFile(temporary, packedHint(content), { flag: 'wx', mode: 0o600 });
      await putInPlace(temporary, path);
    } catch (cause) {
      if (cause instanceof ShipEnvError) throw cause;
      throw isFull(cause)
        ? this.#diskFull(cause)
        : new ShipEnvError('CACHE_UNUSABLE', `The cache file ${path} cannot be written.`, {
            hint: 'Free disk space or point SHIP_ENV_CACHE at a folder that you can write to.',
            cause
          });
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #write(
    path: string,
    write: (temporaryPath: string) => Promise<void>,
    place: (temporaryPath: string) => Promise<void>
  ): Promise<void> {
    const temporary = this.temporaryPath();
    try {
      await write(temporary);
      await makeFolderBelow(this.root, dirname(path));
      const { size } = await stat(temporary);
      await place(temporary);
      this.#writtenBytes += size;
    } catch (error) {
      throw isFull(error) ? this.#diskFull(error) : error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /**
   * Runs `work` under the lock of that name: no other process, and no other work of this one, holds it meanwhile.
   *
   * @param signal - stops the wait
   * @param work - gets a signal that aborts when `signal` does, or with CACHE_UNUSABLE when the lock is lost; and whether it
   *   had to wait for the lock
   * @param onWait - called once when someone else holds the lock
   * @throws ShipEnvError CACHE_UNUSABLE when the lock cannot be made; else what `work` throws
   */
  async exclusively<T>(
    name: string,
    signal: AbortSignal,
    work: (signal: AbortSignal, waited: boolean) => Promise<T>,
    onWait?: () => void
  ): Promise<T> {
    return underLock(this.root, name, signal, work, onWait);
  }

  #diskFull(cause: unknown): ShipEnvError {
    return new ShipEnvError('DISK_FULL', `The disk of the cache folder ${this.root} is full.`, {
      hint: 'Free disk space or point SHIP_ENV_CACHE at another disk.',
      cause
    });
  }
}

function isFull(error: unknown): boolean {
  return hasCode(error, 'ENOSPC', 'EDQUOT');
}
