/**
 * Many paths as the bytes that they are kept in, each ended by a NUL. Strings take more, of a heap that grows to a multiple of
 * what lives in it.
 */
export class Paths implements Iterable<string> {
  readonly bytes: Buffer;
  readonly length: number;

  /** @param length - how many there are in the bytes */
  constructor(bytes: Buffer, length: number) {
    this.bytes = bytes;
    this.length = length;
  }

  static of(paths: readonly string[]): Paths {
    return new Paths(Buffer.from(paths.map(path => `${path}\0`).join('')), paths.length);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.bytes.toString('utf8').split('\0').slice(0, this.length)[Symbol.iterator]();
  }
}
