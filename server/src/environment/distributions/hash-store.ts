import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import * as z from 'zod';
import type { Cache } from '../../system/cache/cache.js';
import { parseJson } from '../../text/json.js';
import { isSettled } from '../../system/files/settled.js';

/** Size, mtime and ctime in milliseconds, inode, hash. */
const entry = z.tuple([z.number(), z.number(), z.number(), z.number(), z.string()]);
const storeFile = z.object({ schema: z.literal(1), files: z.record(z.string(), entry) });
type Entry = z.infer<typeof entry>;

/**
 * Content hashes of a distribution's files, for files that a stat proves unchanged. The proof is ctime: no program can set
 * it, so an edit shows even when size and mtime were restored.
 */
export class HashStore {
  readonly #name: string;
  readonly #cache: Cache;
  #known: ReadonlyMap<string, Entry> | undefined;
  readonly #kept = new Map<string, Entry>();
  #isNew = false;

  /** @param distribution - site directory and normalized name, which all versions share and no other distribution has */
  constructor(cache: Cache, distribution: string) {
    this.#cache = cache;
    this.#name = `${createHash('sha256').update(distribution).digest('hex')}.json`;
  }

  /** Reads the hashes of earlier snapshots. They are not needed for files that RECORD vouches for. */
  async load(): Promise<void> {
    this.#known ??= await load(this.#cache, this.#name);
  }

  /**
   * The hash of that file, if the file is unchanged. The next {@link save} then keeps the hash. Undefined before {@link load}.
   */
  get(path: string, stats: Stats): string | undefined {
    const found = this.#known?.get(path);
    if (found === undefined || !identity(stats).every((part, index) => part === found[index])) return undefined;
    this.#kept.set(path, found);
    return found[4];
  }

  /**
   * @param stats - stats of the open file that were the same before and after it was read
   * @param startedMs - when reading began; a hash is not stored when the file is not settled ({@link isSettled})
   */
  set(path: string, stats: Stats, sha256: string, startedMs: number): void {
    if (!isSettled(stats, startedMs)) return;
    this.#kept.set(path, [...identity(stats), sha256]);
    this.#isNew = true;
  }

  /**
   * Saves the hashes that this snapshot used, if there are new ones. The hashes of files that are gone are dropped.
   *
   * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL
   */
  async save(): Promise<void> {
    if (!this.#isNew) return;
    const text = JSON.stringify({ schema: 1, files: Object.fromEntries(this.#kept) });
    await this.#cache.replace('hashes', this.#name, text);
  }
}

function identity({ size, mtimeMs, ctimeMs, ino }: Stats): [number, number, number, number] {
  return [size, mtimeMs, ctimeMs, ino];
}

/** A store that is damaged or has another form counts as missing, because it only saves work. */
async function load(cache: Cache, name: string): Promise<ReadonlyMap<string, Entry>> {
  const content = await cache.hint('hashes', name);
  const known = storeFile.safeParse(content && parseJson(content.toString('utf8'))).data;
  return new Map(Object.entries(known?.files ?? {}));
}
