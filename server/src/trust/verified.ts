import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Cache } from '../system/cache/cache.js';
import { parseJson } from '../text/json.js';
import type { Target } from '../targets/target.js';

/** What is remembered of a target at most: what was used least recently goes first. */
const MOST_KEPT = 256;
/** So exactly it is known when something was used; else every ship would have to write the file. */
const USE_MS = 60 * 60 * 1000;

/** Of a manifest: it is read each time, so its content is all that tells it from another one. */
export const BY_CONTENT = 'by content';

/** Equals the identity of no object. */
const UNKNOWN = '';

const remembered = z.object({
  name: z.string(),
  /** As the target tells it (`ObjectFacts.identity`), or {@link BY_CONTENT}. */
  identity: z.string(),
  sha256: z.string(),
  /** When a ship of this machine last relied on it; milliseconds since the epoch, by this machine's clock. */
  usedMs: z.number()
});
const file = z.object({ objects: z.array(remembered) });
type Remembered = z.infer<typeof remembered>;

/**
 * The objects of one target whose content was verified from here, so that no one is read twice. Kept in the local cache,
 * which belongs to one person; bounded. Two ships that end at once may forget what one of them verified; then it is
 * verified again.
 */
export class Verified {
  readonly #cache: Cache;
  readonly #key: string;
  /** By name; the last one was used last. */
  readonly #objects: Map<string, Remembered>;
  #hasNews = false;

  private constructor(cache: Cache, key: string, objects: readonly Remembered[]) {
    this.#cache = cache;
    this.#key = key;
    this.#objects = new Map(objects.map(object => [object.name, object]));
  }

  static async open(cache: Cache, { url }: Pick<Target, 'url'>): Promise<Verified> {
    const key = `${createHash('sha256').update(url).digest('hex')}.json`;
    const content = await cache.hint('verified', key);
    const known = content && file.safeParse(parseJson(content.toString('utf8'))).data;
    return new Verified(cache, key, known?.objects ?? []);
  }

  /** Was the object, as it is now, seen to have this content? It is then used. */
  holds(name: string, identity: string | undefined, sha256: string): boolean {
    const known = this.#objects.get(name);
    if (known === undefined || known.identity !== identity || known.sha256 !== sha256) return false;
    if (Date.now() - known.usedMs >= USE_MS) this.#put({ ...known, usedMs: Date.now() });
    return true;
  }

  /**
   * The object was seen to have this content. Without an identity there is nothing to know it by: then only its use is
   * remembered, and the next ship reads it once more.
   */
  add(name: string, identity: string | undefined, sha256: string): void {
    this.#put({ name, identity: identity ?? UNKNOWN, sha256, usedMs: Date.now() });
  }

  /**
   * Names of the objects that a ship of this machine may have relied on within that time, since a use is known to the hour.
   *
   * @param ms - until now; milliseconds, 0: none
   */
  usedWithin(ms: number): Set<string> {
    const now = Date.now();
    const used = [...this.#objects.values()].filter(({ usedMs }) => Math.max(0, now - usedMs - USE_MS) < ms);
    return new Set(used.map(({ name }) => name));
  }

  /** Writes down what is new. @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL */
  async save(): Promise<void> {
    if (!this.#hasNews) return;
    const objects = [...this.#objects.values()].slice(-MOST_KEPT);
    await this.#cache.replace('verified', this.#key, JSON.stringify({ objects }));
    this.#hasNews = false;
  }

  #put(object: Remembered): void {
    this.#objects.delete(object.name);
    this.#objects.set(object.name, object);
    this.#hasNews = true;
  }
}
