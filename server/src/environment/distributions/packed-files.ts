import type { DistributionFile } from '../../contract/snapshot.js';
import { Paths } from '../../memo/paths.js';

/** Bytes of a sha256. */
const DIGEST_BYTES = 32;

/** The files of a distribution in compact memory, less than half of what they take as objects. */
export class PackedFiles {
  readonly #paths: Paths;
  readonly #sizes: Float64Array;
  readonly #digests: Buffer;
  readonly #executable: Uint8Array;

  constructor(files: readonly DistributionFile[]) {
    this.#paths = Paths.of(files.map(({ path }) => path));
    this.#sizes = new Float64Array(files.map(({ size }) => size));
    this.#digests = Buffer.from(files.map(({ sha256 }) => sha256).join(''), 'hex');
    this.#executable = new Uint8Array(files.map(({ executable }) => Number(executable)));
  }

  /** The files in the order in which they were packed. */
  unpack(): DistributionFile[] {
    return Array.from(this.#paths, (path, index) => ({
      path,
      size: this.#sizes[index] ?? 0,
      sha256: this.#digests.toString('hex', index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES),
      executable: this.#executable[index] === 1
    }));
  }
}
