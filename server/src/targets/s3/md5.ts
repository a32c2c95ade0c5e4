import { createHash, type Hash } from 'node:crypto';

/** A new MD5 hash, which most stores use for ETags; undefined when the system forbids MD5 (FIPS). */
export function newMd5(): Hash | undefined {
  try {
    return createHash('md5');
  } catch {
    return undefined;
  }
}
