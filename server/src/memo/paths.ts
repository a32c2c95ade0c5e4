/** So many bytes of paths become strings at a time. */
const BLOCK_BYTES = 64 * 1024;

/**
 * Many paths as the bytes that they are kept in, each ended by a NUL, without the folder that all of them lie in. Strings
 * take more, of a heap that grows to a multiple of what lives in it.
 */
export class Paths implements Iterable<string> {
  /** What each path begins with: empty, or ends with `/`. */
  readonly root: string;
  readonly bytes: Buffer;
  readonly length: number;

  /** @param length - how many there are in the bytes */
  constructor(root: string, bytes: Buffer, length: number) {
    this.root = root;
    this.bytes = bytes;
    this.length = length;
  }

  static of(paths: readonly string[]): Paths {
    const root = commonFolder(paths);
    return new Paths(root, Buffer.from(paths.map(path => `${path.slice(root.length)}\0`).join('')), paths.length);
  }

  /** In their order, some of them in memory at a time. */
  *[Symbol.iterator](): Generator<string> {
    for (let start = 0, end = 0; start < this.bytes.length; start = end) {
      end = this.bytes.indexOf(0, Math.min(start + BLOCK_BYTES, this.bytes.length - 1)) + 1;
      for (const path of this.bytes.toString('utf8', start, end - 1).split('\0')) yield this.root + path;
    }
  }
}

/** The folder that all of the paths lie in, with a `/` behind it; empty when there is none. */
function commonFolder([first = '', ...others]: readonly string[]): string {
  let root = first.slice(0, first.lastIndexOf('/') + 1);
  for (const path of others) {
    while (!path.startsWith(root)) root = root.slice(0, root.slice(0, -1).lastIndexOf('/') + 1);
  }
  return root;
}
