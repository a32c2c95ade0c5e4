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
 * Content hashes of the files of a distribution that a stat proves unchanged. The proof is ctime: no program can set it,
 * so an edit shows even when size and mtime were put back.
 */
export class HashStore {
  readonly #name: string;
  readonly #cache: Cache;
  #known: ReadonlyMap<string, Entry> | undefined;
  readonly #kept = new Map<string, Entry>();
  #isNew = false;

  /** @param distribution - its site directory and normalized name: no other one's hashes are read, and every version's place */
  constructor(cache: Cache, distribution: string) {
    this.#cache = cache;
    this.#name = `${createHash('sha256').update(distribution).digest('hex')}.json`;
  }

  /** Reads what earlier snapshots remembered; where RECORD vouches nobody needs it. */
  async load(): Promise<void> {
    this.#known ??= await load(this.#cache, this.#name);
  }

  /**
   * The hash of that file, if it is still the file that was hashed; it is then kept by the next {@link save}. Undefined
   * before {@link load}.
   */
  get(path: string, stats: Stats): string | undefined {
    const found = this.#known?.get(path);
    if (found === undefined || !identity(stats).every((part, index) => part === found[index])) return undefined;
    this.#kept.set(path, found);
    return found[4];
  }

  /**
   * @param stats - what was found on the open file both before and after it was read
   * @param startedMs - when reading began; of a file that is not settled nothing is remembered
   */
  set(path: string, stats: Stats, sha256: string, startedMs: number): void {
    if (!isSettled(stats, startedMs)) return;
    this.#kept.set(path, [...identity(stats), sha256]);
    this.#isNew = true;
  }

  /**
   * Replaces what is kept, when there is something new, with what this snapshot used: files that are gone do not pile up.
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

/** What cannot be read as our own format is as good as not there: it is only a shortcut. */
async function load(cache: Cache, name: string): Promise<ReadonlyMap<string, Entry>> {
  const content = await cache.hint('hashes', name);
  const known = storeFile.safeParse(content && parseJson(content.toString('utf8'))).data;
  return new Map(Object.entries(known?.files ?? {}));
}
