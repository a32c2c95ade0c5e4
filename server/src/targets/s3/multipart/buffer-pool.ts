/** A buffer of a {@link BufferPool}, for one use. */
export interface Lent {
  readonly bytes: Buffer;
  /** Called when nothing reads the buffer any more; the next one who asks gets it. */
  readonly giveBack: () => void;
}

/** Buffers that are used again: the system takes as long to make a new one of some MiB as it takes to read a file into it. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  /** A buffer of that many bytes, with anything in it. */
  lend(length: number): Lent {
    const free = this.#free.pop();
    const whole = free !== undefined && free.length >= length ? free : Buffer.allocUnsafeSlow(length);
    return { bytes: whole.subarray(0, length), giveBack: () => this.#free.push(whole) };
  }
}
