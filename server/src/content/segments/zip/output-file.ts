import { open, type FileHandle } from 'node:fs/promises';

const BUFFER_BYTES = 1024 * 1024;

/** A new file that is written from front to back, a megabyte at a time. Some bytes can be replaced later. */
export class OutputFile {
  readonly #handle: FileHandle;
  readonly #waiting = Buffer.allocUnsafe(BUFFER_BYTES);
  #waitingBytes = 0;
  #flushed = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Runs `write` with a new file, and closes the file in any case. */
  static async create<T>(path: string, mode: number, write: (file: OutputFile) => Promise<T>): Promise<T> {
    const handle = await open(path, 'wx+', mode);
    try {
      const file = new OutputFile(handle);
      const value = await write(file);
      await file.flush();
      // Set the mode again, because the umask may have removed bits.
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

  /** Appends a copy of the data, so the caller may change the data afterwards. */
  async append(data: Uint8Array): Promise<void> {
    for (let taken = 0; taken < data.length;) {
      const piece = data.subarray(taken, taken + BUFFER_BYTES - this.#waitingBytes);
      this.#waiting.set(piece, this.#waitingBytes);
      this.#waitingBytes += piece.length;
      taken += piece.length;
      if (this.#waitingBytes === BUFFER_BYTES) await this.flush();
    }
  }

  /** Overwrites bytes that were appended before. */
  async patch(position: number, data: Buffer): Promise<void> {
    await this.flush();
    await writeFully(this.#handle, data, position);
  }

  /** Writes the appended bytes to the file, so that other readers see them. */
  async flush(): Promise<void> {
    await writeFully(this.#handle, this.#waiting.subarray(0, this.#waitingBytes), this.#flushed);
    this.#flushed += this.#waitingBytes;
    this.#waitingBytes = 0;
  }
}

/** Writes all bytes. A single `write` may write fewer bytes without an error, for example on a full disk. */
async function writeFully(handle: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < data.length;) {
    written += (await handle.write(data, written, data.length - written, position + written)).bytesWritten;
  }
}
