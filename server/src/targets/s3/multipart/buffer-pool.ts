/** A buffer of a {@link BufferPool}, for one use. */
export interface LentBuffer {
  readonly bytes: Buffer;
  /** Call it when nothing reads the buffer any more; the next borrower gets it. */
  readonly giveBack: () => void;
}

/** Buffers that are used again: allocating a buffer of some MiB takes as long as reading a file into it. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  /** Lends a buffer of that many bytes; its content is arbitrary. */
  lend(length: number): LentBuffer {
    const free = this.#free.pop();
    const whole = free !== undefined && free.length >= length ? free : Buffer.allocUnsafeSlow(length);
    return { bytes: whole.subarray(0, length), giveBack: () => this.#free.push(whole) };
  }
}
