import { createHash, type Hash } from 'node:crypto';

/** MD5, which the ETags of most stores are made of; undefined where the system forbids it (FIPS). */
export function newMd5(): Hash | undefined {
  try {
    return createHash('md5');
  } catch {
    return undefined;
  }
}
