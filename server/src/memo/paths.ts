/** Bytes of paths that are decoded at a time. */
const BLOCK_BYTES = 64 * 1024;

/**
 * Many paths in compact memory: bytes with a NUL behind each path, without the folder that contains all of them. Strings
 * would take more memory, and V8's heap grows to a multiple of what is in use.
 */
export class Paths implements Iterable<string> {
  /** The beginning of every path: empty, or a folder with `/` at its end. */
  readonly root: string;
  readonly bytes: Buffer;
  readonly length: number;

  /** @param length - the number of paths in the bytes */
  constructor(root: string, bytes: Buffer, length: number) {
    this.root = root;
    this.bytes = bytes;
    this.length = length;
  }

  static of(paths: readonly string[]): Paths {
    const root = commonFolder(paths);
    return new Paths(root, Buffer.from(paths.map(path => `${path.slice(root.length)}\0`).join('')), paths.length);
  }

  /** All paths in order. Only some of them are strings at a time. */
  *[Symbol.iterator](): Generator<string> {
    for (let start = 0, end = 0; start < this.bytes.length; start = end) {
      end = this.bytes.indexOf(0, Math.min(start + BLOCK_BYTES, this.bytes.length - 1)) + 1;
      for (const path of this.bytes.toString('utf8', start, end - 1).split('\0')) yield this.root + path;
    }
  }
}

/** The folder that contains all paths, with a `/` at its end; empty when there is none. */
function commonFolder([first = '', ...others]: readonly string[]): string {
  let root = first.slice(0, first.lastIndexOf('/') + 1);
  for (const path of others) {
    while (!path.startsWith(root)) root = root.slice(0, root.slice(0, -1).lastIndexOf('/') + 1);
  }
  return root;
}
