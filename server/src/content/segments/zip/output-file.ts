import { open, type FileHandle } from 'node:fs/promises';

const BUFFER_BYTES = 1024 * 1024;

/** A new file that is written from front to back, a megabyte at a time, with places that are filled in later. */
export class OutputFile {
  readonly #handle: FileHandle;
  readonly #waiting = Buffer.allocUnsafe(BUFFER_BYTES);
  #waitingBytes = 0;
  #flushed = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Runs `write` on a new file and closes it, however that ends. */
  static async create<T>(path: string, mode: number, write: (file: OutputFile) => Promise<T>): Promise<T> {
    const handle = await open(path, 'wx+', mode);
    try {
      const file = new OutputFile(handle);
      const value = await write(file);
      await file.flush();
      // Whatever the umask took away.
      await handle.chmod(mode);
      return value;
    } finally {
      await handle.close();
    }
  }

  /** Bytes appended so far. */
  get position(): number {
    return this.#flushed + this.#waitingBytes;
  }

  /** Appends a copy: what was given may change afterwards. */
  async append(data: Uint8Array): Promise<void> {
    for (let taken = 0; taken < data.length;) {
      const part = data.subarray(taken, taken + BUFFER_BYTES - this.#waitingBytes);
      this.#waiting.set(part, this.#waitingBytes);
      this.#waitingBytes += part.length;
      taken += part.length;
      if (this.#waitingBytes === BUFFER_BYTES) await this.flush();
    }
  }

  /** Overwrites bytes that were appended before. */
  async patch(position: number, data: Buffer): Promise<void> {
    await this.flush();
    await writeFully(this.#handle, data, position);
  }

  /** Writes what was appended: whoever opens the file then sees it. */
  async flush(): Promise<void> {
    await writeFully(this.#handle, this.#waiting.subarray(0, this.#waitingBytes), this.#flushed);
    this.#flushed += this.#waitingBytes;
    this.#waitingBytes = 0;
  }
}

/** `write` may write less than it is given, on a full disk for instance, without an error. */
async function writeFully(handle: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < data.length;) {
    written += (await handle.write(data, written, data.length - written, position + written)).bytesWritten;
  }
}
