import { createHash } from 'node:crypto';
import { BUILD_ID } from '../../system/build-id.js';
import type { Cache } from '../../system/cache/cache.js';
import type { Interpreter } from '../../contract/snapshot.js';
import type { PlannedBefore, SegmentMemory } from './types.js';

/**
 * The segments that were planned before for an environment's distributions, in one file for each environment. With it, only
 * changed distributions are planned again. A segment is found by the state of its distribution; everything else that it
 * depends on is part of the file's name.
 */
export class SegmentMemoryFile implements SegmentMemory {
  readonly #cache: Cache;
  readonly #name: string;
  readonly #known: Map<string, PlannedBefore>;
  #isNew = false;

  private constructor(cache: Cache, name: string, known: Map<string, PlannedBefore>) {
    this.#cache = cache;
    this.#name = name;
    this.#known = known;
  }

  static async open(cache: Cache, interpreter: Interpreter): Promise<SegmentMemoryFile> {
    const parts = JSON.stringify([BUILD_ID, interpreter]);
    const name = `${createHash('sha256').update(parts).digest('hex')}.json`;
    const content = await cache.hint('outlines', name);
    // The cache detects damage, and the name covers the version of the form.
    const known = content && (JSON.parse(content.toString('utf8')) as Record<string, PlannedBefore>);
    return new SegmentMemoryFile(cache, name, new Map(Object.entries(known ?? {})));
  }

  get(state: string): PlannedBefore | undefined {
    return this.#known.get(state);
  }

  set(state: string, value: PlannedBefore): void {
    this.#known.set(state, value);
    this.#isNew = true;
  }

  /**
   * Saves what is known about these states, if something is new. Other states are dropped.
   *
   * @throws ShipEnvError CACHE_UNUSABLE, DISK_FULL
   */
  async save(states: readonly string[]): Promise<void> {
    if (!this.#isNew) return;
    const kept = Object.fromEntries(
      states.flatMap(state => {
        const known = this.#known.get(state);
        return known === undefined ? [] : [[state, known]];
      })
    );
    await this.#cache.replace('outlines', this.#name, JSON.stringify(kept));
  }
}
