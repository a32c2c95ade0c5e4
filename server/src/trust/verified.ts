import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Cache } from '../system/cache/cache.js';
import { parseJson } from '../text/json.js';
import type { Target } from '../targets/target.js';

/** How many objects of a target are remembered at most; the least recently used ones are forgotten first. */
const MAX_KEPT = 256;
/** The precision of the time of use: with a finer one, every ship would have to write the file. */
const USE_MS = 60 * 60 * 1000;

/** The identity of a manifest: manifests are read each time, so their content alone identifies them. */
export const BY_CONTENT = 'by content';

/** An identity that no object has. */
const UNKNOWN = '';

const remembered = z.object({
  name: z.string(),
  /** The identity from the target (`ObjectFacts.identity`), or {@link BY_CONTENT}. */
  identity: z.string(),
  sha256: z.string(),
  /** When a ship of this machine last used the object: milliseconds since the epoch, by this machine's clock. */
  usedMs: z.number()
});
const file = z.object({ objects: z.array(remembered) });
type Remembered = z.infer<typeof remembered>;

/**
 * The objects of one target whose content this machine verified, so that no object is read twice. The list is bounded
 * and kept in the local cache, which belongs to one person. When two ships end at once, the entries of one may be lost;
 * those objects are then verified again.
 */
export class Verified {
  readonly #cache: Cache;
  readonly #key: string;
  /** Objects by name, in the order of their last use. */
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

  /** Was this content verified for the object in its present state? If so, notes that the object was used. */
  holds(name: string, identity: string | undefined, sha256: string): boolean {
    const known = this.#objects.get(name);
    if (known === undefined || known.identity !== identity || known.sha256 !== sha256) return false;
    if (Date.now() - known.usedMs >= USE_MS) this.#put({ ...known, usedMs: Date.now() });
    return true;
  }

  /** The identity of an object when it was verified last; undefined when there is none. */
  identityOf(name: string): string | undefined {
    return this.#objects.get(name)?.identity || undefined;
  }

  /**
   * Notes that the object has this content. An object without an identity cannot be recognised: then only its use is
   * noted, and the next ship reads the object again.
   */
  add(name: string, identity: string | undefined, sha256: string): void {
    this.#put({ name, identity: identity ?? UNKNOWN, sha256, usedMs: Date.now() });
  }

  /**
   * Names of the objects that a ship of this machine may have used within that time. The time of a use is known to the
   * hour, so a use up to an hour earlier counts, too.
   *
   * @param ms - length of the time until now in milliseconds; 0: no objects
   */
  usedWithin(ms: number): Set<string> {
    const now = Date.now();
    const used = [...this.#objects.values()].filter(({ usedMs }) => Math.max(0, now - usedMs - USE_MS) < ms);
    return new Set(used.map(({ name }) => name));
  }

  /** Saves new entries. @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL */
  async save(): Promise<void> {
    if (!this.#hasNews) return;
    const objects = [...this.#objects.values()].slice(-MAX_KEPT);
    await this.#cache.replace('verified', this.#key, JSON.stringify({ objects }));
    this.#hasNews = false;
  }

  #put(object: Remembered): void {
    this.#objects.delete(object.name);
    this.#objects.set(object.name, object);
    this.#hasNews = true;
  }
}
