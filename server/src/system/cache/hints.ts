import { createHash } from 'node:crypto';

/** Bytes of a sha256. */
const DIGEST_BYTES = 32;

/** A hint as it is stored in the cache: its digest, then its content. */
export function packedHint(content: string | readonly Buffer[]): (string | Buffer)[] {
  const parts = [content].flat();
  return [digestOf(parts), ...parts];
}

/** The content of a hint; undefined when the file was damaged since it was written. */
export function unpackedHint(file: Buffer): Buffer | undefined {
  const content = file.subarray(DIGEST_BYTES);
  return digestOf([content]).equals(file.subarray(0, DIGEST_BYTES)) ? content : undefined;
}

function digestOf(parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
