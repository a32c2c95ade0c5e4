/** A bounded map. When it is full, it forgets the entry that was used least recently. */
export class Recent<T> {
  readonly #most: number;
  #changes = 0;
  /** A Map keeps insertion order, so the first entries are the oldest. */
  readonly #values = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): T | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  get size(): number {
    return this.#values.size;
  }

  /** How often a key got a new value. */
  get changes(): number {
    return this.#changes;
  }

  /** All entries; the least recently used one comes first. */
  entries(): Iterable<[string, T]> {
    return this.#values.entries();
  }

  set(key: string, value: T): void {
    if (this.#values.get(key) !== value) this.#changes += 1;
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
  }
}
