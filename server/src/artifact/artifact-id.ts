import { createHash } from 'node:crypto';

const PREFIX = 'env-';
const DIGITS = 20;

/** Characters of an artifact's id. The artifact's own header reads as many bytes from the end of the file. */
export const ARTIFACT_ID_LENGTH = PREFIX.length + DIGITS;

/** The id of what `identity` says: `env-` and 20 hexadecimal digits of a sha256. */
export function artifactId(identity: unknown): string {
  return PREFIX + createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, DIGITS);
}
