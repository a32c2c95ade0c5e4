import { createHash } from 'node:crypto';
import type { Manifest } from '../../contract/manifest.js';

/** Change it whenever the same identity would give other bytes: other tar records, places or scripts. */
const FORMAT = 'ship-env archive 1';

const DIGITS = 20;

/** Everything that the id of an archive covers. */
export interface ArchiveIdentity {
  readonly python: Manifest['python'];
  /** sha256 of the head, lower-case hex. The head is everything that comes from no distribution. */
  readonly head: string;
  /** In the order of the file. */
  readonly segments: readonly { readonly wheel: string; readonly key: string; readonly rank: number }[];
}

/**
 * The id of an archive: `env-` and 20 hexadecimal digits of a sha256 over a row of fields, each ended by NUL, which no
 * field holds. The segments and their ranks also decide which of two files with one name the archive has.
 */
export function archiveId({ python, head, segments }: ArchiveIdentity): string {
  const { implementation, minor, pythonTag, abiTag, platformTag } = python;
  const fields = [
    FORMAT,
    ...[implementation, minor, pythonTag, abiTag, platformTag],
    head,
    ...segments.flatMap(({ wheel, key, rank }) => [wheel, key, String(rank)])
  ];
  const hash = createHash('sha256').update(fields.map(field => `${field}\0`).join(''));
  return `env-${hash.digest('hex').slice(0, DIGITS)}`;
}
