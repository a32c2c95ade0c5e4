import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from './crc32.js';

const BUFFER_BYTES = 1024 * 1024;

/** A new file that is written from front to back, a megabyte at a time, with places that are filled in later. */
export class OutputFile {
  readonly #handle: FileHandle;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #flushed = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Runs `write` on a new file and closes it, however that ends. */
  static async create(path: string, mode: number, write: (file: OutputFile) => Promise<void>): Promise<void> {
    const handle = await open(path, 'wx+', mode);
    try {
      const file = new OutputFile(handle);
      await write(file);
      await file.#flush();
      // Whatever the umask took away.
      await handle.chmod(mode);
    } finally {
      await handle.close();
    }
  }

  /** Bytes appended so far. */
  get position(): number {
    return this.#flushed + this.#waitingBytes;
  }

  async append(data: Buffer): Promise<void> {
    this.#waiting.push(data);
    this.#waitingBytes += data.length;
    if (this.#waitingBytes >= BUFFER_BYTES) await this.#flush();
  }

  /** Overwrites bytes that were appended before. */
  async patch(position: number, data: Buffer): Promise<void> {
    await this.#flush();
    await writeFully(this.#handle, data, position);
  }

  /** Digests of all that was appended and patched; reads it back, since a patch changes what a digest has passed. */
  async digest(): Promise<{ sha256: string; crc32: number }> {
    await this.#flush();
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(BUFFER_BYTES);
    let crc = 0;
    for (let at = 0; at < this.#flushed;) {
      const { bytesRead } = await this.#handle.read(piece, 0, Math.min(piece.length, this.#flushed - at), at);
      if (bytesRead === 0) throw new RangeError('A file that is being written became shorter.');
      hash.update(piece.subarray(0, bytesRead));
      crc = crc32(piece.subarray(0, bytesRead), crc);
      at += bytesRead;
    }
    return { sha256: hash.digest('hex'), crc32: crc };
  }

  async #flush(): Promise<void> {
    const data = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
    if (data === undefined || data.length === 0) return;
    await writeFully(this.#handle, data, this.#flushed);
    this.#flushed += data.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/** `write` may write less than it is given, on a full disk for instance, without an error. */
async function writeFully(handle: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let written = 0; written < data.length;) {
    written += (await handle.write(data, written, data.length - written, position + written)).bytesWritten;
  }
}
