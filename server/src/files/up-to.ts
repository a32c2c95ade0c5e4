import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** The beginning of an open file: so many bytes, or all where it has fewer. A file that grew takes no more memory. */
export async function readUpTo(handle: FileHandle, bytes: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let filled = 0; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled, filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === bytes) return buffer.subarray(0, filled);
  }
}

/** {@link readUpTo}, at once. */
export function readUpToHere(file: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let filled = 0; ;) {
    const read = readSync(file, buffer, filled, bytes - filled, filled);
    filled += read;
    if (read === 0 || filled === bytes) return buffer.subarray(0, filled);
  }
}
