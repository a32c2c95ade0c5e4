import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { PayloadFacts } from '../../payloads/payload.js';
import { conflictError, notShippedError } from '../../targets/object-errors.js';
import type { Target, TransferOptions } from '../../targets/target.js';

/** What a download needs of a target. */
export type ReadableTarget = Pick<Target, 'url' | 'read'>;

/**
 * Writes an object of a target into a new file, and compares it with its expected size and digest. It needs little
 * memory, and never writes more bytes than the object must have.
 *
 * @param path - path of a file that does not exist yet; the caller removes the file after a failure
 * @throws ShipEnvError ARTIFACT_NOT_SHIPPED when the object is not there, TARGET_CONFLICT when it is another one; the
 *   system's error; the signal's reason
 */
export async function download(
  target: ReadableTarget,
  wanted: PayloadFacts,
  path: string,
  { signal, onProgress }: TransferOptions
): Promise<void> {
  const content = await target.read(wanted.name, signal);
  if (content === undefined) throw notShippedError(target.url, wanted.name);
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx', 0o700);
  try {
    for await (const chunk of content) {
      signal.throwIfAborted();
      bytes += chunk.length;
      if (bytes > wanted.bytes) throw conflictError(target.url, wanted, `more than ${wanted.bytes} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
      onProgress?.(bytes);
    }
  } finally {
    await file.close();
  }
  const sha256 = hash.digest('hex');
  if (bytes !== wanted.bytes || sha256 !== wanted.sha256) {
    throw conflictError(target.url, wanted, `${bytes} bytes with sha256 ${sha256}`);
  }
}
