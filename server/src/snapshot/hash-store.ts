import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Cache } from '../cache/cache.js';
import { ShipEnvError, hasCode } from '../errors.js';

/** Size, mtime and ctime in milliseconds, inode, hash. */
const entry = z.tuple([z.number(), z.number(), z.number(), z.number(), z.string()]);
const storeFile = z.object({ schema: z.literal(1), files: z.record(z.string(), entry) });
type Entry = z.infer<typeof entry>;

/** Clock ticks that a kernel stamps files with are at most 10 ms; a stamp in whole seconds has a coarser source. */
const FINE_TICK_MS = 50;
const COARSE_TICK_MS = 2000;

/**
 * Content hashes of files that a stat proves unchanged, one file an environment. The proof is ctime: no program can
 * set it, so an edit shows even when size and mtime were put back.
 */
export class HashStore {
  readonly #path: string;
  readonly #cache: Cache;
  readonly #known: ReadonlyMap<string, Entry>;
  readonly #kept = new Map<string, Entry>();

  private constructor(cache: Cache, path: string, known: ReadonlyMap<string, Entry>) {
    this.#cache = cache;
    this.#path = path;
    this.#known = known;
  }

  /** @param prefix - the environment's `sys.prefix` */
  static async open(cache: Cache, prefix: string): Promise<HashStore> {
    const path = cache.path('hashes', `${createHash('sha256').update(prefix).digest('hex')}.json`);
    return new HashStore(cache, path, await load(path));
  }

  /** The hash of that file, if it is still the file that was hashed; it is then kept by the next {@link save}. */
  get(path: string, stats: Stats): string | undefined {
    const found = this.#known.get(path);
    if (found === undefined || !identity(stats).every((part, index) => part === found[index])) return undefined;
    this.#kept.set(path, found);
    return found[4];
  }

  /**
   * @param stats - what was found on the open file both before and after it was read
   * @param startedMs - when reading began; a file that changed in the same clock tick could change once more without
   * a new ctime, so it is not remembered
   */
  set(path: string, stats: Stats, sha256: string, startedMs: number): void {
    const tick = stats.ctimeMs % 1000 === 0 ? COARSE_TICK_MS : FINE_TICK_MS;
    if (stats.ctimeMs + tick < startedMs) this.#kept.set(path, [...identity(stats), sha256]);
  }

  /**
   * Replaces the file with what this snapshot used, so that files that are gone do not pile up.
   *
   * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL
   */
  async save(): Promise<void> {
    const isSame =
      this.#kept.size === this.#known.size && [...this.#kept].every(([path, kept]) => this.#known.get(path) === kept);
    if (isSame) return;
    const text = JSON.stringify({ schema: 1, files: Object.fromEntries(this.#kept) });
    const temporary = this.#cache.temporaryPath();
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(temporary, text, { mode: 0o600 });
      // The one cache entry that changes: replaced whole, so that a reader sees the old or the new one.
      await rename(temporary, this.#path);
    } catch (cause) {
      const isFull = hasCode(cause, 'ENOSPC', 'EDQUOT');
      throw new ShipEnvError(
        isFull ? 'DISK_FULL' : 'CACHE_UNUSABLE',
        `The cache file ${this.#path} cannot be written.`,
        {
          hint: 'Free disk space or point SHIP_ENV_CACHE at a folder that you can write to.',
          cause
        }
      );
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

function identity({ size, mtimeMs, ctimeMs, ino }: Stats): [number, number, number, number] {
  return [size, mtimeMs, ctimeMs, ino];
}

/** What cannot be read as our own format is as good as not there: it is only a shortcut. */
async function load(path: string): Promise<ReadonlyMap<string, Entry>> {
  try {
    const parsed = storeFile.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return new Map(parsed.success ? Object.entries(parsed.data.files) : []);
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return new Map();
    throw error;
  }
}
