import { randomUUID } from 'node:crypto';
import { chmod, link, lstat, mkdir, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ShipEnvError, hasCode } from '../errors.js';
import { cacheRoot } from './root.js';

/** What the cache holds, a folder each; the version in the path changes when a format does. */
const KINDS = {
  /** What an interpreter said of itself, by its identity. */
  interpreters: 'v1',
  /** Content hashes of files that a stat proves unchanged, one file an environment. */
  hashes: 'v1',
  /** What an environment held, and the stats that prove that it still does, one file an environment. */
  snapshots: 'v1',
  /** Names of artifacts, by what they were computed from. */
  plans: 'v1',
  /** Compressed zip entries of one distribution, by content. */
  segments: 'v2',
  /** Manifests of artifacts that were assembled once, by the artifact's id. */
  manifests: 'v1',
  /** Code archives, by content. */
  code: 'v1'
} as const;
export type CacheKind = keyof typeof KINDS;

/** Of a lock: `stale`, how long a killed process blocks the others; `update`, how soon a loss is noticed. */
const LOCK_TIMES = { stale: 10_000, update: 2000 };

/** Leftovers of a killed process are older than any build. */
const STALE_TEMPORARY_MS = 24 * 60 * 60 * 1000;

/**
 * The local cache; {@link cacheRoot} says where.
 *
 * Entries are immutable and appear whole: they are written under `tmp/` and hard-linked into place, which never
 * overwrites. So readers need no lock, and two writers of one entry end with the same bytes.
 */
export class Cache {
  readonly root: string;
  readonly #inFlight = new Map<string, Promise<void>>();

  private constructor(root: string) {
    this.root = root;
  }

  /**
   * @param root - the folder, made when missing, private to the user
   * @throws ShipEnvError CACHE_UNUSABLE when it cannot be made or belongs to someone else
   */
  static async open(root = cacheRoot()): Promise<Cache> {
    try {
      await makeFolder(join(root, 'tmp'));
      const owner = (await lstat(root)).uid;
      if (process.getuid !== undefined && owner !== process.getuid()) {
        throw new ShipEnvError('CACHE_UNUSABLE', `The cache folder ${root} belongs to another user (uid ${owner}).`, {
          hint: 'Point SHIP_ENV_CACHE at a folder of your own.'
        });
      }
      await chmod(root, 0o700);
      await writeFile(
        join(root, 'CACHEDIR.TAG'),
        'Signature: 8a477f597d28d172789f06886806bc55\n# Cache of ship-env, safe to delete.\n'
      );
      await removeStaleTemporaries(join(root, 'tmp'));
    } catch (error) {
      if (error instanceof ShipEnvError) throw error;
      throw new ShipEnvError('CACHE_UNUSABLE', `The cache folder ${root} cannot be used.`, {
        hint: 'Free disk space or point SHIP_ENV_CACHE at a folder that you can write to.',
        cause: error
      });
    }
    return new Cache(root);
  }

  /** Where an entry lies or would lie: `<root>/segments/v1/ab/abcdef….zip`. Pure. */
  path(kind: CacheKind, name: string): string {
    return join(this.root, kind, KINDS[kind], name.slice(0, 2), name);
  }

  /** A path under `tmp/` that no one else uses; who asks removes it. */
  temporaryPath(): string {
    return join(this.root, 'tmp', randomUUID());
  }

  /** The path of an entry when it is there. */
  async find(kind: CacheKind, name: string): Promise<string | undefined> {
    const path = this.path(kind, name);
    return (await exists(path)) ? path : undefined;
  }

  /**
   * The entry of that name, written first when it is missing. Callers in one process that ask for the same entry
   * wait for the first; when that one fails or is aborted, the next one writes.
   *
   * @param write - writes the whole content to the path it is given
   * @throws ShipEnvError DISK_FULL, or what `write` throws; nothing is left behind
   */
  async entry(
    kind: CacheKind,
    name: string,
    write: (temporaryPath: string) => Promise<void>
  ): Promise<{ path: string; reused: boolean }> {
    const path = this.path(kind, name);
    for (;;) {
      if (await exists(path)) return { path, reused: true };
      const other = this.#inFlight.get(path);
      if (other === undefined) break;
      // How the other one ended is its caller's business; then look again.
      await other.catch(() => undefined);
    }
    const writing = this.#write(path, write);
    this.#inFlight.set(path, writing);
    try {
      await writing;
    } finally {
      this.#inFlight.delete(path);
    }
    return { path, reused: false };
  }

  /**
   * Puts a hint there, or another one in its place: a file that is only a shortcut and may change, unlike an entry.
   * Readers see the old one or the new one, whole.
   *
   * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL
   */
  async replace(kind: CacheKind, name: string, content: string | Buffer): Promise<void> {
    const path = this.path(kind, name);
    const temporary = this.temporaryPath();
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(temporary, content, { flag: 'wx', mode: 0o600 });
      await rename(temporary, path);
    } catch (cause) {
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

  async #write(path: string, write: (temporaryPath: string) => Promise<void>): Promise<void> {
    const temporary = this.temporaryPath();
    try {
      await write(temporary);
      await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
      await link(temporary, path).catch(ignoreExisting);
    } catch (error) {
      throw isFull(error) ? this.#diskFull(error) : error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /**
   * Runs `work` while no other process, and no one else in this one, holds the lock of that name.
   *
   * @param signal - stops the wait
   * @param work - is given a signal that aborts as `signal` does, and with CACHE_UNUSABLE when the lock is lost
   * @throws ShipEnvError CACHE_UNUSABLE when there can be no lock; else what `work` throws
   */
  async exclusively<T>(name: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const lost = new AbortController();
    const release = await this.#acquire(name, signal, cause => lost.abort(this.#lockLost(cause)));
    try {
      return await work(AbortSignal.any([signal, lost.signal]));
    } finally {
      // A lock that is lost cannot be given back, and one that stays goes stale; how the work ended is what counts.
      await release().catch(() => undefined);
    }
  }

  async #acquire(name: string, signal: AbortSignal, onLost: (cause: Error) => void): Promise<() => Promise<void>> {
    const directory = join(this.root, 'locks');
    // A ship that has nothing to write needs no lock.
    const { lock } = (await import('proper-lockfile')).default;
    for (;;) {
      signal.throwIfAborted();
      try {
        // Each time: whoever clears the cache takes the folder away from those who wait.
        await mkdir(directory, { recursive: true, mode: 0o700 });
        return await lock(join(directory, name), { ...LOCK_TIMES, realpath: false, onCompromised: onLost });
      } catch (cause) {
        if (!hasCode(cause, 'ELOCKED')) throw this.#noLock(cause);
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
  }

  #diskFull(cause: unknown): ShipEnvError {
    return new ShipEnvError('DISK_FULL', `The disk of the cache folder ${this.root} is full.`, {
      hint: 'Free disk space or point SHIP_ENV_CACHE at another disk.',
      cause
    });
  }

  #noLock(cause: unknown): ShipEnvError {
    return new ShipEnvError('CACHE_UNUSABLE', `No lock can be made in the cache folder ${this.root}.`, {
      hint: 'Free disk space or point SHIP_ENV_CACHE at a folder that you can write to.',
      cause
    });
  }

  #lockLost(cause: Error): ShipEnvError {
    return new ShipEnvError(
      'CACHE_UNUSABLE',
      `A lock in the cache folder ${this.root} was lost while it was in use: the folder was cleared, or this machine stood still.`,
      { hint: 'Ship again, and leave the folder alone meanwhile.', cause }
    );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function isFull(error: unknown): boolean {
  return hasCode(error, 'ENOSPC', 'EDQUOT');
}

function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}

async function removeStaleTemporaries(directory: string): Promise<void> {
  const before = Date.now() - STALE_TEMPORARY_MS;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const info = await lstat(path).catch(() => undefined);
    if (info !== undefined && info.mtimeMs < before) await unlink(path).catch(() => undefined);
  }
}

/** A folder and those above it, private. Node's own recursive mkdir never ends below /proc, where there is nothing to make. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    // Another one may have made it meanwhile.
    await mkdir(path, { mode: 0o700 }).catch(ignoreExisting);
  }
}
